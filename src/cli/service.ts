import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { addressedTarget, issue } from './credentials.ts';
import { usage } from './failure.ts';
import { requireTarget } from './load-config.ts';
import { configOption, jsonOption } from './options.ts';
import { addPrincipalVerbs, requireKind, secretOptions } from './principal-verbs.ts';
import type { SecretWish } from './secret-place.ts';
import { withIdentities } from './with-identities.ts';

type Given = SecretWish & { readonly config: string; readonly owner: string; readonly target?: string };

export function addService(program: Command, cli: Cli): void {
  const service = program.command('service').summary('programs with a standing job').description('Programs with a standing job, for which a person answers.');
  secretOptions(service.command('create').summary('make a service known').argument('<name>', 'login name: a-z, 0-9, _ and -')
    .requiredOption('--owner <user>', 'the person who answers for it')
    .option('--target <name>', 'the target whose address the connection string has (default: the first)'))
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', `
Example:
  guardrails service create billing --owner ada --out billing.url
  guardrails grant add billing --target shop --can read,insert --for 90d --why "nightly invoices"`)
    .action(async (name: string, given: Given) => withIdentities(cli, given.config, async (identities, config) => {
      const target = addressedTarget(config, given.target === undefined ? undefined : requireTarget(config, given.target));
      if (target === undefined) throw usage('the config has no target', 'add one');
      await requireKind(identities, 'User', given.owner);
      await issue({ cli, name, target, wish: given, replace: false }, async () => {
        const { secret } = await identities.createService(name, given.owner);
        return { secret, facts: { kind: 'service', owner: given.owner }, words: [`service ${name} is made, and may do nothing yet: guardrails grant add ${name} --target ${target.target.name} --can read --for 30d --why "..."`] };
      });
    }));
  addPrincipalVerbs(service, cli, 'Service');
}
