import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { addressedTarget, issue } from './credentials.ts';
import { usage } from './failure.ts';
import { grantOptions, grantWish, type GrantGiven } from './grant-options.ts';
import { grantLine } from './grant.ts';
import { requireTarget } from './load-config.ts';
import { configOption, jsonOption } from './options.ts';
import { addPrincipalVerbs, secretOptions } from './principal-verbs.ts';
import type { SecretWish } from './secret-place.ts';
import { withIdentities } from './with-identities.ts';

type Given = SecretWish & GrantGiven & { readonly config: string };

export function addUser(program: Command, cli: Cli): void {
  const user = program.command('user').summary('people').description('People: who connects themselves, and who answers for agents and services.');
  secretOptions(grantOptions(user.command('create').summary('make a person known').argument('<name>', 'login name: a-z, 0-9, _ and -')
    .description('Makes a person known and hands out a connection string, once. A grant goes with it when --can and --for are given.')))
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', `
Examples:
  guardrails user create ada
  guardrails user create ada --target shop --can read,update --for 30d --why "on call"
  URL=$(guardrails user create ada --print)`)
    .action(async (name: string, given: Given) => withIdentities(cli, given.config, async (identities, config) => {
      const target = addressedTarget(config, given.target === undefined ? undefined : requireTarget(config, given.target));
      if (target === undefined) throw usage('the config has no target', 'add one');
      const wish = grantWish(given);
      await issue({ cli, name, target, wish: given, replace: false }, async () => {
        const { secret } = await identities.createUser(name);
        if (wish === undefined) {
          return { secret, facts: { kind: 'user', grant: null }, words: [`user ${name} is made, and may do nothing yet: guardrails grant add ${name} --target ${target.target.name} --can read --for 8h --why "..."`] };
        }
        // The person is made; a grant that fails must not lose the secret that is shown once.
        try {
          const grant = await identities.grant({ kind: 'principal', name }, wish);
          return { secret, facts: { kind: 'user', grant: grant.id }, words: [`user ${name} is made: ${grantLine(grant)}`] };
        } catch (error) {
          process.exitCode = 1;
          return { secret, facts: { kind: 'user', grant: null }, words: [`user ${name} is made, but without the grant: ${error instanceof Error ? error.message : String(error)}`] };
        }
      });
    }));
  addPrincipalVerbs(user, cli, 'User');
}
