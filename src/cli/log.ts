import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { dataFolder, filterOptions, wishOf, type LogGiven } from './log-filters.ts';
import { count, jsonOption } from './options.ts';
import type { Colours } from './terminal.ts';
import type { LogRecord } from '../core/log-record.ts';
import type { RecordReader } from './tools.ts';

interface Given extends LogGiven { readonly json?: boolean; readonly limit?: number }

/** Characters of output gathered before they are written. */
const gathered = 64 * 2 ** 10;
const mostLimit = 1_000_000;

export function addLog(program: Command, cli: Cli): void {
  const log = program.command('log').summary('the record of what was decided and done').description('The record: each decision before its effect, each outcome, sessions, and changes of policy and identities.');
  filterOptions(log.command('show').summary('print the record, oldest first'), cli)
    .option('--limit <number>', 'only the newest so many', count(1, mostLimit))
    .addOption(jsonOption())
    .addHelpText('after', `
Examples:
  guardrails log show --since 1h --outcome deny
  guardrails log show --principal agent:reporter --verb destroy --limit 20
  guardrails log show --json --kind decision | jq .time`)
    .action(async (given: Given) => show(cli, given));
  filterOptions(log.command('follow').summary('print records as they come, until Ctrl-C'), cli)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  guardrails log follow --target shop --outcome deny')
    .action(async (given: Given) => follow(cli, given));
}

function lineOf(reader: RecordReader, entry: LogRecord, json: boolean, colour: Colours): string {
  if (json) return `${entry.text}\n`;
  const line = reader.format(entry);
  if (entry.kind === 'session-refused' || (entry.kind === 'decision' && entry.outcome === 'deny')) return `${colour.red(line)}\n`;
  return `${entry.kind === 'decision' && entry.outcome === 'hold' ? colour.yellow(line) : line}\n`;
}

async function show(cli: Cli, given: Given): Promise<void> {
  const { terminal } = cli;
  const reader = await cli.tools.record(await dataFolder(cli, given));
  const { limit } = given;
  const newest: string[] = [];
  let out = '';
  for await (const entry of reader.read(wishOf(given), undefined)) {
    const line = lineOf(reader, entry, given.json === true, terminal.colour);
    if (limit !== undefined) {
      newest.push(line);
      // Now and then, so that keeping the newest costs nothing a line.
      if (newest.length >= 2 * limit) newest.splice(0, newest.length - limit);
      continue;
    }
    out += line;
    if (out.length < gathered) continue;
    await terminal.write(out);
    out = '';
  }
  await terminal.write(out + (limit === undefined ? '' : newest.slice(-limit).join('')));
}

async function follow(cli: Cli, given: Given): Promise<void> {
  const { terminal } = cli;
  const reader = await cli.tools.record(await dataFolder(cli, given));
  const ended = new AbortController();
  const end = (): void => ended.abort();
  cli.signals.once('SIGINT', end);
  cli.signals.once('SIGTERM', end);
  // What was before is for `log show`, unless it is asked for.
  const wish = { ...wishOf(given), since: given.since ?? cli.now() };
  for await (const entry of reader.read(wish, ended.signal)) await terminal.write(lineOf(reader, entry, given.json === true, terminal.colour));
}
