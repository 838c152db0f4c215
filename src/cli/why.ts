import type { Command } from 'commander';
import { display } from '../core/display.ts';
import type { PolicyRef } from '../core/decision.ts';
import type { Cli } from './cli.ts';
import { needText } from './explanation-json.ts';
import { observedWords } from './explanation-text.ts';
import { Failure } from './failure.ts';
import { dataOptions } from './log-filters.ts';
import { requireConfig } from './load-config.ts';
import { jsonOption } from './options.ts';
import { letThrough, type LogRecord } from '../core/log-record.ts';

interface Given { readonly config: string; readonly data?: string; readonly json?: boolean; readonly principal?: string }

export function addWhy(program: Command, cli: Cli): void {
  dataOptions(program.command('why').summary('why a command was refused').argument('[id]', 'as a refusal or guardrails log show names it (gateway-0/17, 17, or its uid); else the last refusal', 'last'))
    .description('Explains a refusal from the record: who, what, which policy, and the way on.')
    .option('--principal <name>', 'the last one of this principal')
    .addOption(jsonOption())
    .addHelpText('after', `
Examples:
  guardrails why
  guardrails why gateway-0/17
  guardrails why --principal agent:reporter --json`)
    .action(async (id: string, given: Given) => why(cli, id, given));
}

async function why(cli: Cli, id: string, given: Given): Promise<void> {
  const config = given.data === undefined ? (await requireConfig(cli, given.config)).config : undefined;
  const reader = await cli.tools.record(given.data ?? config?.gateway.data ?? '');
  const last = id.toLowerCase() === 'last';
  const entry = last ? reader.lastRefusal(given.principal === undefined ? {} : { principal: given.principal }) : reader.find(id);
  if (entry === undefined) {
    throw last ? new Failure('nothing was refused yet', 'guardrails log show has what was decided')
      : new Failure(`the record has no \`${display(id)}\``, 'guardrails log show prints ids, such as #gateway-0/17');
  }
  const { terminal } = cli;
  if (given.json === true) return terminal.write(`${entry.text}\n`);
  const policies = entry.policies.length === 0 ? [] : (await cli.tools.policies()).named(config?.policy ?? [cli.tools.baseline], entry.policies.map((policy) => policy.id));
  const ended = entry.kind === 'decision' ? reader.outcomeOf(entry)?.ended : undefined;
  return terminal.write(`${words(cli, entry, policies, ended).join('\n')}\n`);
}

function words({ terminal: { colour } }: Cli, entry: LogRecord, policies: readonly PolicyRef[], ended: LogRecord['ended']): string[] {
  const outcome = entry.outcome ?? entry.kind;
  const paint = outcome === 'deny' ? colour.red : outcome === 'hold' ? colour.yellow : colour.green;
  const facts: (readonly [string, string | undefined])[] = [
    ['when', new Date(entry.time).toISOString()],
    ['who', entry.owner === undefined ? entry.principal : `${entry.principal ?? ''} (of ${entry.owner})`],
    ['target', entry.target === undefined ? undefined : `${entry.target}${entry.database === undefined ? '' : ` (database ${entry.database})`}`],
    ['session', entry.session],
    ['command', entry.shape],
    ['because', entry.detail],
    ['ended', ended === undefined ? undefined : `${ended.status}, ${ended.rows} rows${ended.sqlstate === undefined ? '' : `, ${ended.sqlstate}`}`],
    ['record', `#${entry.writer}/${entry.sequence}`],
  ];
  const would = letThrough(entry);
  const observed = would === undefined ? '' : colour.yellow(entry.enforced ? ` (observed policies: it would be a ${would})` : ' (observe mode: it was let through)');
  const lines = [`${paint(colour.bold(display(outcome.toUpperCase())))}${entry.code === undefined ? '' : `  ${display(entry.code)}`}${observed}`, ''];
  for (const [name, text] of facts) if (text !== undefined && text !== '') lines.push(`  ${colour.dim(name.padEnd(8))} ${display(text.replaceAll(/\s+/g, ' '))}`);
  if (entry.effects.length > 0) lines.push('', colour.bold('effects'), ...entry.effects.map(({ text }) => `  ${display(text)}`));
  if (entry.policies.length > 0) lines.push('', colour.bold('decided by'), ...entry.policies.map(({ id, title }) => `  ${display(id)}${title === undefined ? '' : `  ${display(title)}`}`));
  if (entry.observed.length > 0) lines.push('', colour.bold('observed, and not enforced'), ...entry.observed.map(({ id, title, would }) => `  ${display(observedWords(id, would))}${title === undefined ? '' : `  ${display(title)}`}`));
  const needs = needsOf(entry);
  if (needs.length > 0) lines.push('', `${colour.bold('needs')}  ${display(needs.join(', '))}`);
  const mends = [...new Set(policies.flatMap(({ mend }) => mend ?? []))];
  const way = mends.length > 0 ? mends.join('; ') : freezeMend(entry) ?? grantMend(entry);
  if (way !== undefined) lines.push('', `${colour.bold('the way on')}  ${display(way)}`);
  if (entry.code !== undefined) lines.push(colour.dim(`docs/errors/${display(entry.code)}.md`));
  return lines;
}

function member(value: unknown, name: string): unknown { return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined; }

/** What a hold waits for, in the words of `explain`; from the record as stored (src/audit/ocsf/command.ts). */
function needsOf(entry: LogRecord): readonly string[] {
  const needs = member(member(member(JSON.parse(entry.text), 'unmapped'), 'guardrails'), 'needs');
  if (!Array.isArray(needs)) return [];
  return needs.flatMap((need: unknown) => {
    const approvers = member(need, 'approvers');
    const quorum = member(need, 'quorum');
    if (Array.isArray(approvers) && typeof quorum === 'number') return [needText({ kind: 'approval', approvers: approvers.map(String), quorum })];
    return member(need, 'kind') === 'justification' ? ['justification'] : [];
  });
}

function freezeMend({ code, target }: LogRecord): string | undefined {
  return code === 'frozen' && target !== undefined ? `guardrails log show --kind target-frozen --target ${target} says who froze it and why; guardrails unfreeze ${target} lets changes through again` : undefined;
}

function grantMend({ code, principal, target, effects }: LogRecord): string | undefined {
  if (code !== 'no-permit' || principal === undefined || target === undefined) return undefined;
  return `guardrails grant add ${principal.slice(principal.indexOf(':') + 1)} --target ${target} --can ${[...new Set(effects.map(({ verb }) => verb))].join(',')} --for 8h --why "..."`;
}
