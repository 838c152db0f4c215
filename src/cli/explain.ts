import { type Command, Option } from 'commander';
import type { Config } from '../config/config.ts';
import { display } from '../core/display.ts';
import type { PrincipalKind } from '../core/principal.ts';
import type { Cli } from './cli.ts';
import { explainLines } from './explain-lines.ts';
import { explanationJson } from './explanation-json.ts';
import { explanationText } from './explanation-text.ts';
import { Failure, usage } from './failure.ts';
import { requireConfig, requireTarget } from './load-config.ts';
import { configOption, repeated } from './options.ts';
import type { Explainer, ExplainWish } from './tools.ts';

interface Given {
  readonly config: string;
  readonly json?: boolean;
  readonly jsonl?: boolean;
  readonly language: string;
  readonly target?: string;
  readonly catalog?: string;
  readonly as?: string;
  readonly policy?: readonly string[];
}

export function addExplain(program: Command, cli: Cli): void {
  program.command('explain').summary('what a command would do, and what would be decided')
    .description('Says a command\'s effects, the decision and the policies behind it; nothing is run. Without a catalog names are taken as written; without --as the question is asked for someone who is granted everything, so that what refuses is the guardrails and not a missing grant; without --target the environment is unspecified, which counts as production.')
    .argument('[sql]', 'the command; else it is read from stdin')
    .addOption(new Option('--json', 'print JSON').conflicts('jsonl'))
    .option('--jsonl', 'read {"id","text"} lines from stdin, and write one line of JSON for each')
    .addOption(new Option('--language <language>', 'what the text is written in').choices(['sql/postgres']).default('sql/postgres'))
    .option('--target <name>', 'the target of the config that it is for: its environment, and its catalog, read from the live server')
    .option('--catalog <file>', 'a snapshot saved by guardrails catalog save, in place of a live one')
    .option('--as <principal>', 'whom to decide for, such as agent:reporter, by the state of the config\'s gateway')
    .option('--policy <folder>', 'policies to decide by (may be given again; default: the baseline that ships)', repeated)
    .addOption(configOption())
    .addHelpText('after', `
Examples:
  guardrails explain "DELETE FROM users"
  guardrails explain --target shop --as agent:reporter "SELECT email FROM customers" --json
  guardrails explain --jsonl --policy policies/baseline < commands.jsonl > decisions.jsonl

docs/guide/cli.md has the form of --json and --jsonl.`)
    .action(async (sql: string | undefined, given: Given) => explain(cli, sql, given));
}

/** `--` and no name of an option behind it. */
function isCommentFirst(arg: string): boolean { return arg.startsWith('--') && !/^--([a-z][a-z-]*(=|$)|$)/.test(arg); }

/** A command that begins with a comment looks like an option; it goes behind `--`, where it is none. */
export function commentIsNoOption(args: readonly string[]): readonly string[] {
  if (args[0] !== 'explain' || args.includes('--')) return args;
  const texts = args.filter(isCommentFirst);
  return texts.length === 0 ? args : [...args.filter((arg) => !isCommentFirst(arg)), '--', ...texts];
}

async function explain(cli: Cli, sql: string | undefined, given: Given): Promise<void> {
  const { terminal } = cli;
  if (given.jsonl === true && sql !== undefined) throw usage('--jsonl reads commands from stdin', 'take the command away, or --jsonl');
  if (sql === undefined && given.jsonl !== true && terminal.inputIsTerminal) throw usage('there is no command to explain', 'write one, such as guardrails explain "DELETE FROM users", or pipe it in');
  const explainer = await cli.tools.explainer(await wishOf(cli, given));
  try {
    if (given.jsonl === true) await explainLines(explainer, terminal);
    else await explainOne(cli, explainer, sql ?? await wholeInput(cli), given.json === true);
  } finally {
    await explainer.close();
  }
}

async function explainOne({ terminal }: Cli, explainer: Explainer, text: string, json: boolean): Promise<void> {
  const explanation = await explainer.explain(text);
  await terminal.write(json ? `${JSON.stringify(explanationJson(text, explanation))}\n` : explanationText(text, explanation, terminal.width, terminal.colour));
}

/** Bytes; more than any limit on a text. */
const longestInput = 64 * 2 ** 20;

async function wholeInput({ terminal }: Cli): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of terminal.input) {
    size += chunk.length;
    if (size > longestInput) throw new Failure('what stdin gives is longer than 64 MiB', 'explain one command');
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new Failure('what stdin gives is not UTF-8', 'give it as UTF-8');
  }
}

async function wishOf(cli: Cli, given: Given): Promise<ExplainWish> {
  const config = given.target === undefined && given.as === undefined ? undefined : (await requireConfig(cli, given.config)).config;
  const target = config === undefined ? undefined : targetOf(config, given.target);
  const as = config === undefined || given.as === undefined ? undefined : { principal: await principalOf(cli, config, given.as), config };
  if (config !== undefined && given.policy === undefined && config.policy.join() !== cli.tools.baseline) {
    cli.terminal.note(`decided by the baseline that ships; for what this gateway decides by, add ${config.policy.map((folder) => `--policy ${display(folder)}`).join(' ')}\n`);
  }
  return {
    policies: given.policy ?? [cli.tools.baseline], target, as,
    catalog: given.catalog !== undefined ? { kind: 'file', path: given.catalog } : config !== undefined && given.target !== undefined ? { kind: 'live', config } : { kind: 'none' },
  };
}

/** Grants are for targets: without a name the one there is, of which then only the name is taken; its environment counts as unspecified. */
function targetOf(config: Config, name: string | undefined): NonNullable<ExplainWish['target']> {
  if (name !== undefined) return requireTarget(config, name).target;
  const [only, ...more] = config.targets;
  if (only === undefined || more.length > 0) throw usage('--as needs --target: grants are for targets', `name one of: ${config.targets.map(({ target }) => target.name).join(', ')}`);
  return { ...only.target, environment: 'unspecified' };
}

const kinds: readonly PrincipalKind[] = ['User', 'Agent', 'Service'];

/** Whom `--as` means, by the state of the config's gateway. */
export async function principalOf(cli: Cli, config: Config, text: string): Promise<NonNullable<ExplainWish['as']>['principal']> {
  const colon = text.indexOf(':');
  const name = text.slice(colon + 1);
  const wanted = colon === -1 ? kinds : kinds.filter((kind) => kind.toLowerCase() === text.slice(0, colon));
  const identities = await cli.tools.identities(config);
  try {
    for (const kind of wanted) {
      const principal = await identities.principal(kind, name);
      if (principal !== undefined) return principal;
    }
  } finally {
    await identities.close();
  }
  throw new Failure(`there is no \`${display(text)}\``, 'write it as agent:reporter, user:ada or service:billing; guardrails agent list shows which there are');
}
