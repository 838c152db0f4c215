import { type Command, Option } from 'commander';
import type { Config } from '../config/config.ts';
import { display } from '../core/display.ts';
import { verbs, type Verb } from '../core/effect.ts';
import { formatPrincipal, formatResource, parseResourceText } from '../core/format.ts';
import { entityKinds, thingKinds, type EntityRef } from '../core/resource.ts';
import type { Target } from '../core/target.ts';
import type { Cli } from './cli.ts';
import { couldJson, couldText } from './could-text.ts';
import { principalOf } from './explain.ts';
import { Failure, usage } from './failure.ts';
import { requireConfig, requireTarget } from './load-config.ts';
import { findingText } from './policy-finding.ts';
import type { CouldWish } from './tools.ts';

/** Options of `policy check` that ask whether somebody could ever do something. */
export interface CouldGiven {
  readonly config: string;
  readonly json?: boolean;
  readonly could?: Verb;
  readonly resource?: string;
  readonly target?: string;
  readonly as?: string;
  readonly purpose?: string;
  readonly database?: string;
}

export function couldOptions(command: Command): Command {
  return command
    .addOption(new Option('--could <verb>', 'instead: could it ever be decided that this is permitted, and with what evidence?').choices(verbs))
    .option('--resource <resource>', 'of what, such as table:public.orders or database:shop')
    .option('--target <name>', 'the target of the config that it is on (default: the only one)')
    .option('--as <principal>', 'for whom, such as agent:reporter, by the state of the config\'s gateway (default: someone who is granted everything)')
    .option('--purpose <name>', 'only in sessions of this purpose (default: of any that the config declares)')
    .option('--database <name>', 'the database that it is in (default: the target\'s)');
}

const kinds = [...entityKinds, ...thingKinds] as const;

/** What `--resource` names; the server's own schemas are told by whoever asks the policies. */
function resourceOf(text: string, target: string): EntityRef {
  const parsed = parseResourceText(text);
  const kind = kinds.find((one) => one === parsed?.kind);
  if (parsed === undefined || kind === undefined) throw usage(`\`${display(text)}\` is no resource`, 'write it as table:public.orders, schema:public or sequence:public.orders_id_seq');
  const [first = ''] = parsed.path;
  // As policies write it; here the target is an option of its own.
  if (first.startsWith(`${target}/`)) throw usage(`\`${display(text)}\` names the target`, `write ${display(formatResource({ kind, path: [first.slice(target.length + 1), ...parsed.path.slice(1)], system: false }))}, and --target ${display(target)}`);
  return { kind, path: parsed.path, system: false };
}

function targetOf(config: Config, name: string | undefined): { readonly target: Target; readonly database: string } {
  const [only, ...more] = config.targets;
  if (name === undefined && (only === undefined || more.length > 0)) throw usage('--could needs --target', `name one of: ${config.targets.map(({ target }) => target.name).join(', ')}`);
  const { target, upstream } = name === undefined && only !== undefined ? only : requireTarget(config, name ?? '');
  return { target, database: upstream.database };
}

/** Rejects with `Failure` where the question is none. */
export async function askCould(cli: Cli, folders: readonly string[], given: CouldGiven, verb: Verb): Promise<void> {
  if (given.resource === undefined) throw usage('--could needs --resource', 'such as --could destroy --resource table:public.orders');
  const { config } = await requireConfig(cli, given.config);
  const { target, database } = targetOf(config, given.target);
  const purposes = [...config.purposes.values()].filter(({ name }) => given.purpose === undefined || name === given.purpose);
  if (purposes.length === 0) throw usage(`the config has no purpose \`${display(given.purpose ?? '')}\``, `name one of: ${[...config.purposes.keys()].join(', ')}`);
  const principal = given.as === undefined ? undefined : await principalOf(cli, config, given.as);
  const wish: CouldWish = { principal, target, database: given.database ?? database, purposes, verb, resource: resourceOf(given.resource, target.name) };
  const answer = (await cli.tools.policies()).could(folders.length > 0 ? folders : config.policy, wish);
  if ('errors' in answer) throw new Failure('the policies do not load, so that nothing can be told', 'mend what the lines above name', { lines: answer.errors.map((error) => findingText(error, 'error')) });
  const { terminal } = cli;
  const who = principal === undefined ? 'someone who is granted everything' : formatPrincipal(principal.ref);
  await terminal.write(given.json === true ? `${JSON.stringify(couldJson(wish, answer))}\n` : couldText(wish, who, answer, terminal.colour));
}
