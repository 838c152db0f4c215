import { type Command, Option } from 'commander';
import { letThrough, type LogRecord } from '../core/log-record.ts';
import type { Cli } from './cli.ts';
import { dataFolder, dataOptions } from './log-filters.ts';
import { count, jsonOption, moment } from './options.ts';
import { table } from './table.ts';
import { type Row, Tally } from './tally.ts';
import type { Terminal } from './terminal.ts';
import { isoTime, timeText } from './times.ts';

interface Given { readonly config: string; readonly data?: string; readonly json?: boolean; readonly since: number; readonly target?: string; readonly limit: number }

/** Rows of a table on the screen, where --limit says nothing. */
const usualRows = 8;
const mostLimit = 10_000;
const weekMs = 7 * 86_400_000;

type Would = 'deny' | 'hold';
const none = { deny: 0, hold: 0 };

interface Found {
  decisions: number;
  deny: number;
  hold: number;
  readonly policies: Tally<Would>;
  readonly principals: Tally<Would>;
  readonly statements: Tally<Would>;
}

export function addReport(program: Command, cli: Cli): void {
  const report = program.command('report').summary('what the record says on the whole').description('Reads the record as a stream and sums it up.');
  dataOptions(report.command('would-refuse').summary('what enforcing would have stopped, of what observe mode let through')
    .description('Of a target in observe mode, and of policies with @mode("observe"): what was let through and would have been refused or held; by policy, by principal and by statement.'))
    .addOption(new Option('--since <when>', 'an age such as 7d, or a time').argParser(moment(cli.now())).default(cli.now() - weekMs, '7d'))
    .option('--target <name>', 'only on this target')
    .option('--limit <number>', 'rows of each table', count(1, mostLimit), usualRows)
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  guardrails report would-refuse --since 7d\n  guardrails report would-refuse --target shop --json | jq .byPolicy')
    .action(async (given: Given) => wouldRefuse(cli, given));
}

async function wouldRefuse(cli: Cli, given: Given): Promise<void> {
  const reader = await cli.tools.record(await dataFolder(cli, given));
  const found: Found = { decisions: 0, deny: 0, hold: 0, policies: new Tally(none), principals: new Tally(none), statements: new Tally(none) };
  for await (const record of reader.read({ since: given.since, kinds: ['decision'], ...(given.target === undefined ? {} : { target: given.target }) }, undefined)) look(record, found);
  const { terminal } = cli;
  return terminal.write(given.json === true ? `${JSON.stringify(reportJson(found, given))}\n` : `${reportText(found, given, terminal).join('\n')}\n`);
}

function look(record: LogRecord, found: Found): void {
  found.decisions += 1;
  const would = letThrough(record);
  if (would === undefined) return;
  found[would] += 1;
  const { outcome, code } = record;
  if (outcome === 'deny' || outcome === 'hold') {
    for (const { id, title } of record.policies) found.policies.add(id, title, outcome, record);
    // Nobody granted it, or it could not be decided: no policy is to name.
    if (record.policies.length === 0) found.policies.add(`(${code ?? 'no policy'})`, code === 'no-permit' ? 'No grant covers it' : undefined, outcome, record);
  }
  for (const { id, title, would: one } of record.observed) found.policies.add(id, title, one === 'hold' ? 'hold' : 'deny', record);
  found.principals.add(record.principal ?? '', record.owner, would, record);
  found.statements.add((record.shape ?? '').replaceAll(/\s+/g, ' '), undefined, would, record);
}

function rowJson(name: string, noteName: string | undefined): (row: Row<Would>) => object {
  return ({ what, note, counts, example }) => ({ [name]: what, ...(noteName === undefined ? {} : { [noteName]: note ?? null }), ...counts, example });
}

function reportJson({ decisions, deny, hold, policies, principals, statements }: Found, given: Given): object {
  return {
    since: isoTime(given.since), target: given.target ?? null, decisions, deny, hold,
    byPolicy: policies.rows().map(rowJson('policy', 'title')), byPrincipal: principals.rows().map(rowJson('principal', 'owner')), byStatement: statements.rows().map(rowJson('statement', undefined)),
    unlisted: { byPolicy: policies.unlisted, byPrincipal: principals.unlisted, byStatement: statements.unlisted },
  };
}

function reportText(found: Found, given: Given, { width, colour }: Terminal): string[] {
  const { decisions, deny, hold } = found;
  const lines = [`${decisions} ${decisions === 1 ? 'decision' : 'decisions'} since ${timeText(given.since)}${given.target === undefined ? '' : ` on ${given.target}`}; ${colour.bold(`enforcing would have stopped ${deny + hold}`)} that went through: ${deny} refused, ${hold} held`];
  if (deny + hold === 0) return lines;
  const tables: readonly (readonly [head: string, tally: Tally<Would>])[] = [['policy', found.policies], ['principal', found.principals], ['statement', found.statements]];
  for (const [head, tally] of tables) {
    const cells = tally.rows().slice(0, given.limit).map((row) => [row.note === undefined ? row.what : head === 'principal' ? `${row.what} (of ${row.note})` : `${row.what}  ${row.note}`, String(row.counts.deny), String(row.counts.hold), row.example]);
    lines.push('', ...table([{ head: `by ${head}` }, { head: 'refused', right: true }, { head: 'held', right: true }, { head: 'example' }], cells, width, colour.dim));
    const rest = tally.beyond(given.limit);
    if (rest > 0) lines.push(colour.dim(`and ${rest} more in rows that are not shown; --limit shows more`));
  }
  const example = found.policies.rows()[0]?.example ?? found.statements.rows()[0]?.example;
  return [...lines, '', colour.dim(`guardrails why ${example ?? ''} shows one of them whole; a command counts once for each policy that would have stopped it`)];
}
