import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { issue } from './credentials.ts';
import { usage } from './failure.ts';
import { sayDoubts } from './grant-doubts.ts';
import { grantOptions, requireGrant, type GrantGiven } from './grant-options.ts';
import { grantLine } from './grant.ts';
import { requireTarget } from './load-config.ts';
import { configOption, duration, jsonOption } from './options.ts';
import { addPrincipalVerbs, requireKind, secretOptions } from './principal-verbs.ts';
import type { SecretWish } from './secret-place.ts';
import { isoTime, timeText } from './times.ts';
import { withIdentities } from './with-identities.ts';

type Given = SecretWish & GrantGiven & { readonly config: string; readonly owner: string; readonly purpose?: string };

export function addAgent(program: Command, cli: Cli): void {
  const agent = program.command('agent').summary('AI agents').description('AI agents: each has a person who answers for it, a scope, and an end.');
  secretOptions(grantOptions(agent.command('create').summary('make an agent known').argument('<name>', 'login name: a-z, 0-9, _ and -')
    .description('Makes an agent known, grants it a first scope that ends with it, and hands out a connection string, once: on a terminal it is printed, else it goes to a file.')
    .requiredOption('--owner <user>', 'the person who answers for it'))
    .option('--purpose <name>', 'the purpose of sessions that name none, as the config declares it'))
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', `
Examples:
  guardrails agent create reporter --owner ada --target shop --can read,update --for 8h
  guardrails agent create fixer --owner ada --target shop --can read,update --for 2h --resource table:public.orders --why "OPS-17"`)
    .action(async (name: string, given: Given) => {
      const scope = requireGrant(given);
      await withIdentities(cli, given.config, async (identities, config) => {
        const target = requireTarget(config, scope.target);
        if (given.purpose !== undefined && !config.purposes.has(given.purpose)) throw usage(`the config has no purpose \`${given.purpose}\``, `name one of: ${[...config.purposes.keys()].join(', ')}`);
        await issue({ cli, name, target, wish: given, replace: false }, async () => {
          const { secret, grant, until } = await identities.createAgent({ name, owner: given.owner, purpose: given.purpose, scope });
          return { secret, facts: { kind: 'agent', owner: given.owner, until: isoTime(until), grant: grant.id }, words: [`agent ${name} of ${given.owner} is made: ${grantLine(grant)}`] };
        });
        await sayDoubts(cli, config, scope);
      });
    });
  addPrincipalVerbs(agent, cli, 'Agent');
  agent.command('extend').summary('give an agent, live or ended, a new end; grants that were to end with it move along').argument('<name>')
    .requiredOption('--for <duration>', 'from now: 15m, 8h, 30d', duration)
    .addOption(configOption()).addOption(jsonOption())
    .action(async (name: string, given: { readonly config: string; readonly for: string; readonly json?: boolean }) => withIdentities(cli, given.config, async (identities) => {
      await requireKind(identities, 'Agent', name);
      const until = await identities.extend(name, given.for);
      await cli.terminal.write(given.json === true ? `${JSON.stringify({ name, until: isoTime(until) })}\n` : `agent ${name} ends ${timeText(until)}\n`);
    }));
  agent.command('revoke').summary('end an agent and its sessions now, and take its secret away').argument('<name>')
    .description('Ends an agent and its sessions within a second, and takes its secret away. `agent extend` with `agent rotate` brings it back.')
    .addOption(configOption()).addOption(jsonOption())
    .action(async (name: string, given: { readonly config: string; readonly json?: boolean }) => withIdentities(cli, given.config, async (identities) => {
      await requireKind(identities, 'Agent', name);
      await identities.revoke(name);
      await cli.terminal.write(given.json === true ? `${JSON.stringify({ name, revoked: true })}\n` : `agent ${name} is revoked; live sessions end within a second\n`);
    }));
}
