import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { display } from '../core/display.ts';
import type { Cli } from './cli.ts';
import { Failure } from './failure.ts';
import { requireConfig } from './load-config.ts';
import { configOption, jsonOption } from './options.ts';
import { hostPort } from './start.ts';
import { table } from './table.ts';

interface Check { readonly name: string; readonly ok: boolean; readonly detail: string | undefined }
interface Readiness { readonly ready: boolean; readonly checks: readonly Check[] }

/** Milliseconds for the gateway to answer. */
const answerMs = 5_000;
/** Characters of an answer; a check is a line. */
const longestAnswer = 2 ** 20;

export function addStatus(program: Command, cli: Cli): void {
  program.command('status').summary('does the gateway serve, and if not, why')
    .description('Asks the running gateway of the config, by its admin listener. Exit 1 when it does not serve.')
    .addOption(configOption()).addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  guardrails status\n  guardrails status --json | jq .ready')
    .action(async (given: { readonly config: string; readonly json?: boolean }) => status(cli, given));
}

async function status(cli: Cli, given: { readonly config: string; readonly json?: boolean }): Promise<void> {
  const { config } = await requireConfig(cli, given.config);
  const { terminal } = cli;
  const { ready, checks } = await ask(config);
  if (!ready) process.exitCode = 1;
  const targets = config.targets.map(({ target, listen }) => ({ name: target.name, listen: hostPort(listen.host, listen.port), environment: target.environment, mode: target.mode }));
  if (given.json === true) return terminal.write(`${JSON.stringify({ ready, targets, checks })}\n`);
  const { colour } = terminal;
  return terminal.write([
    ready ? colour.green(colour.bold('it serves')) : colour.red(colour.bold('it does not serve')), '',
    ...table([{ head: 'target' }, { head: 'listens' }, { head: 'environment' }, { head: 'mode' }], targets.map(({ name, listen, environment, mode }) => [name, listen, environment, mode === 'observe' ? 'OBSERVE' : mode]), terminal.width, colour.dim), '',
    ...checks.map(({ name, ok, detail }) => `${ok ? colour.green('ok  ') : colour.red('FAIL')}  ${display(name)}${detail === undefined ? '' : `: ${ok ? colour.yellow(display(detail)) : display(detail)}`}`), '',
  ].join('\n'));
}

async function ask({ gateway: { admin } }: Config): Promise<Readiness> {
  if (admin === undefined) throw new Failure('the config has no admin listener to ask', 'set `gateway.admin`, such as 127.0.0.1:7432');
  const host = admin.listen.host === '::' ? '::1' : admin.listen.host === '0.0.0.0' ? '127.0.0.1' : admin.listen.host;
  const place = hostPort(host, admin.listen.port);
  let body: unknown;
  try {
    // Answers 503 with the same body when it is not ready.
    const response = await fetch(`http://${place}/readyz`, { signal: AbortSignal.timeout(answerMs), redirect: 'error' });
    const text = await response.text();
    body = text.length > longestAnswer ? undefined : JSON.parse(text);
  } catch {
    throw new Failure(`no gateway answers at ${place}`, 'start it with guardrails start, and see its log');
  }
  return readiness(body) ?? unreadable(place);
}

function unreadable(place: string): never { throw new Failure(`what answers at ${place} is no gateway of ours`, 'see what listens there, or change `gateway.admin`'); }

function member(value: unknown, name: string): unknown { return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined; }

function readiness(body: unknown): Readiness | undefined {
  const ready = member(body, 'ready');
  const checks = member(body, 'checks');
  if (typeof ready !== 'boolean' || !Array.isArray(checks)) return undefined;
  return {
    ready, checks: checks.map((check: unknown) => {
      const detail = member(check, 'detail');
      return { name: String(member(check, 'name')), ok: member(check, 'ok') === true, detail: typeof detail === 'string' ? detail : undefined };
    }),
  };
}
