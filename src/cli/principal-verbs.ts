import type { Command } from 'commander';
import type { PrincipalKind } from '../core/principal.ts';
import type { Cli } from './cli.ts';
import { addressedTarget, issue } from './credentials.ts';
import { Failure, usage } from './failure.ts';
import { requireTarget } from './load-config.ts';
import { configOption, jsonOption } from './options.ts';
import type { SecretWish } from './secret-place.ts';
import { table, type Column } from './table.ts';
import { distance, isoTime } from './times.ts';
import type { Identities, ListedPrincipal } from './tools.ts';
import { withIdentities } from './with-identities.ts';

interface Given { readonly config: string; readonly json?: boolean }

/** A name of another kind is refused: `user disable` of an agent is a slip. */
export async function requireKind(identities: Identities, kind: PrincipalKind, name: string): Promise<ListedPrincipal> {
  const found = (await identities.list(0)).principals.find((principal) => principal.name === name);
  if (found?.kind === kind) return found;
  const word = kind.toLowerCase();
  if (found === undefined) throw new Failure(`there is no ${word} \`${name}\``, `see guardrails ${word} list`);
  throw new Failure(`\`${name}\` is ${found.kind === 'Agent' ? 'an agent' : `a ${found.kind.toLowerCase()}`}`, `use guardrails ${found.kind.toLowerCase()}`);
}

export function secretOptions(command: Command): Command {
  return command
    .option('--out <file>', 'write the connection string to this file (default, when stdout is not a terminal: ./NAME.url)')
    .option('--print', 'print the connection string also where stdout is not a terminal');
}

/** `list`, `disable`, `enable`, `rotate`: what every kind of principal has. */
export function addPrincipalVerbs(parent: Command, cli: Cli, kind: PrincipalKind): void {
  const word = kind.toLowerCase();
  parent.command('list').summary(`list ${word}s`)
    .addOption(configOption()).addOption(jsonOption())
    .option('--all', 'also those that ended more than a week ago')
    .action(async (given: Given & { readonly all?: boolean }) => withIdentities(cli, given.config, async (identities) => {
      const { principals } = await identities.list(given.all === true ? 0 : cli.now() - 7 * 86_400_000);
      await cli.terminal.write(listText(cli, kind, principals.filter((principal) => principal.kind === kind), given.json === true));
    }));
  for (const [verb, enabled, past] of [['disable', false, 'disabled; live sessions end within a second'], ['enable', true, 'enabled']] as const) {
    parent.command(verb).summary(enabled ? 'let it connect again' : 'let it connect no more, and end its sessions').argument('<name>')
      .addOption(configOption()).addOption(jsonOption())
      .action(async (name: string, given: Given) => withIdentities(cli, given.config, async (identities) => {
        await requireKind(identities, kind, name);
        await identities.setEnabled(name, enabled);
        await cli.terminal.write(given.json === true ? `${JSON.stringify({ name, enabled })}\n` : `${word} ${name} is ${past}\n`);
      }));
  }
  secretOptions(parent.command('rotate').summary('give it a new secret; the old one is good for nothing from then on').argument('<name>'))
    .addOption(configOption()).addOption(jsonOption())
    .option('--target <name>', 'the target whose address the connection string has (default: the first)')
    .action(async (name: string, given: Given & SecretWish & { readonly target?: string }) => withIdentities(cli, given.config, async (identities, config) => {
      await requireKind(identities, kind, name);
      const target = addressedTarget(config, given.target === undefined ? undefined : requireTarget(config, given.target));
      if (target === undefined) throw usage('the config has no target', 'add one');
      await issue({ cli, name, target, wish: given, replace: true }, async () => ({ ...(await identities.rotate(name)), words: [`${word} ${name} has a new secret; the old one is good for nothing now`], facts: { kind: word } }));
    }));
}

function state(principal: ListedPrincipal, now: number): string {
  if (!principal.enabled) return 'disabled';
  if (!principal.secret) return 'revoked';
  return principal.until !== undefined && principal.until <= now ? 'ended' : 'active';
}

function listText(cli: Cli, kind: PrincipalKind, principals: readonly ListedPrincipal[], json: boolean): string {
  const now = cli.now();
  if (json) {
    return `${JSON.stringify(principals.map(({ name, owner, until, purpose, createdAt, groups, ...principal }) => ({
      name, kind: kind.toLowerCase(), state: state({ name, owner, until, purpose, createdAt, groups, ...principal }, now), owner: owner ?? null,
      until: until === undefined ? null : isoTime(until), purpose: purpose ?? null, groups, created: isoTime(createdAt),
    })))}\n`;
  }
  if (principals.length === 0) return `no ${kind.toLowerCase()}s yet; guardrails ${kind.toLowerCase()} create --help\n`;
  const owned = kind !== 'User';
  const columns: Column[] = [{ head: 'name' }, { head: 'state' }, ...(owned ? [{ head: 'owner' }] : []), ...(kind === 'Agent' ? [{ head: 'ends' }, { head: 'purpose' }] : []), { head: 'groups' }, { head: 'created' }];
  const rows = principals.map((principal) => [
    principal.name, state(principal, now), ...(owned ? [principal.owner ?? ''] : []),
    ...(kind === 'Agent' ? [principal.until === undefined ? '' : distance(principal.until, now), principal.purpose ?? ''] : []),
    principal.groups.join(' '), isoTime(principal.createdAt).slice(0, 10),
  ]);
  return `${table(columns, rows, cli.terminal.width, cli.terminal.colour.dim).join('\n')}\n`;
}
