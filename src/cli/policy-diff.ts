import { type Command, Option } from 'commander';
import { display } from '../core/display.ts';
import type { Cli } from './cli.ts';
import { Failure, wordsOf } from './failure.ts';
import { requireConfig } from './load-config.ts';
import { configOption, count, jsonOption, moment, repeated } from './options.ts';
import { table } from './table.ts';
import { Tally } from './tally.ts';
import type { Terminal } from './terminal.ts';
import { isoTime, timeText } from './times.ts';
import type { NotRedecided } from './tools.ts';

interface Given { readonly config: string; readonly json?: boolean; readonly since: number; readonly target?: string; readonly limit: number; readonly with?: readonly string[] }

const monthMs = 30 * 86_400_000;
/** Rows of a table on the screen, where --limit says nothing. */
const usualRows = 8;
const mostLimit = 10_000;
/** As diff(1): 0 nothing differs, 1 something does, 2 it could not be found out. */
const differs = 1;

/** Between what changes and where, in the name of a row; no policy and no shape has it. */
const separator = '\0';

interface Found {
  decisions: number;
  changed: number;
  readonly not: Map<NotRedecided, number>;
  readonly policies: Tally<'count'>;
  readonly statements: Tally<'count'>;
}

export function addPolicyDiff(policy: Command, cli: Cli): void {
  policy.command('diff').summary('what other policies would have decided of what is on record').argument('<old>', 'folder of policies').argument('<new>', 'folder of policies')
    .description('Decides again what is on record, by both sets, and prints what comes out otherwise. Effects, target, purpose and time are as recorded; principals, groups, grants and purposes are as they are now. Exit 0: nothing differs, 1: something does, 2: it could not be found out.')
    .option('--with <folder>', 'a folder that belongs to both sets; again for more', repeated)
    .addOption(new Option('--since <when>', 'an age such as 30d, or a time').argParser(moment(cli.now())).default(cli.now() - monthMs, '30d'))
    .option('--target <name>', 'only on this target')
    .option('--limit <number>', 'rows of each table', count(1, mostLimit), usualRows)
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  guardrails policy diff policies/mine ../review/policies/mine --with policies/baseline\n  guardrails policy diff policies/baseline new/baseline --since 7d --json')
    .action(async (before: string, after: string, given: Given) => {
      try {
        await diff(cli, before, after, given);
      } catch (error) {
        const { message, mend } = wordsOf(error);
        throw new Failure(message, mend, { exitCode: 2, lines: error instanceof Failure ? error.lines : [] });
      }
    });
}

async function diff(cli: Cli, before: string, after: string, given: Given): Promise<void> {
  const { config } = await requireConfig(cli, given.config);
  const shared = given.with ?? [];
  const replay = await cli.tools.replay(config, [...shared, before], [...shared, after]);
  const reader = await cli.tools.record(config.gateway.data);
  const found: Found = { decisions: 0, changed: 0, not: new Map(), policies: new Tally({ count: 0 }), statements: new Tally({ count: 0 }) };
  for await (const record of reader.read({ since: given.since, kinds: ['decision'], ...(given.target === undefined ? {} : { target: given.target }) }, undefined)) {
    found.decisions += 1;
    const redecided = replay.redecide(record);
    if ('not' in redecided) {
      found.not.set(redecided.not, (found.not.get(redecided.not) ?? 0) + 1);
      continue;
    }
    if (redecided.before.outcome === redecided.after.outcome) continue;
    found.changed += 1;
    const change = `${redecided.before.outcome} -> ${redecided.after.outcome}`;
    for (const { id, title } of blamed(redecided.before, redecided.after)) found.policies.add(`${change}${separator}${id}`, title, 'count', record);
    found.statements.add(`${change}${separator}${(record.shape ?? '').replaceAll(/\s+/g, ' ')}`, undefined, 'count', record);
  }
  if (found.changed > 0) process.exitCode = differs;
  const { terminal } = cli;
  await terminal.write(given.json === true ? `${JSON.stringify(diffJson(found, given))}\n` : `${diffText(found, given, terminal).join('\n')}\n`);
}

type Side = { readonly outcome: string; readonly policies: readonly { readonly id: string; readonly title: string }[] };

/** Whom to look at: what stops it now, or what stopped it before. A command that becomes a permit is no merit of the policy that permits it. */
function blamed(before: Side, after: Side): Side['policies'] {
  const stopping = after.outcome === 'permit' ? before : after;
  return stopping.policies.length === 0 ? [{ id: '(no grant covers it)', title: '' }] : stopping.policies;
}

function parts(what: string): { readonly change: string; readonly where: string } {
  const at = what.indexOf(separator);
  return { change: what.slice(0, at), where: what.slice(at + 1) };
}

function rowsJson(tally: Tally<'count'>, name: string): object[] {
  return tally.rows().map(({ what, total, example }) => {
    const { change, where } = parts(what);
    return { change, [name]: where, count: total, example };
  });
}

function diffJson({ decisions, changed, not, policies, statements }: Found, given: Given): object {
  return {
    since: isoTime(given.since), target: given.target ?? null, decisions, changed, notDecided: Object.fromEntries(not), grants: 'as they are now',
    byPolicy: rowsJson(policies, 'policy'), byStatement: rowsJson(statements, 'statement'), unlisted: { byPolicy: policies.unlisted, byStatement: statements.unlisted },
  };
}

function diffText({ decisions, changed, not, policies, statements }: Found, given: Given, { width, colour }: Terminal): string[] {
  const lines = [`${decisions} ${decisions === 1 ? 'decision' : 'decisions'} since ${timeText(given.since)}${given.target === undefined ? '' : ` on ${given.target}`}; ${colour.bold(changed === 1 ? '1 comes out otherwise' : `${changed} come out otherwise`)}`];
  lines.push(colour.dim('principals, groups, grants and purposes are as they are now; effects, targets and times as recorded'));
  for (const [why, number] of not) lines.push(colour.yellow(`${number} could not be decided again: ${why}`));
  if (changed === 0) return lines;
  for (const [head, tally] of [['policy', policies], ['statement', statements]] as const) {
    const cells = tally.rows().slice(0, given.limit).map(({ what, note, total, example }) => {
      const { change, where } = parts(what);
      return [change, display(note === undefined || note === '' ? where : `${where}  ${note}`), String(total), example];
    });
    lines.push('', ...table([{ head: 'change' }, { head: `by ${head}` }, { head: 'count', right: true }, { head: 'example' }], cells, width, colour.dim));
    const rest = tally.beyond(given.limit);
    if (rest > 0) lines.push(colour.dim(`and ${rest} more in rows that are not shown; --limit shows more`));
  }
  return [...lines, '', colour.dim('guardrails why ID shows an example as it was decided then')];
}
