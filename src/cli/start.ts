import { basename } from 'node:path';
import type { Command } from 'commander';
import { type Config, type TargetConfig, type UpstreamAddress } from '../config/config.ts';
import { display } from '../core/display.ts';
import type { FreezeRecord } from '../core/state.ts';
import type { Cli } from './cli.ts';
import { freezeJson, freezeText } from './freeze.ts';
import { configOption, count, jsonOption } from './options.ts';
import { configFailure, requireConfig } from './load-config.ts';
import { table } from './table.ts';
import type { Serving } from './tools.ts';

interface Given { readonly config: string; readonly checkConfig?: boolean; readonly workers?: number; readonly json?: boolean }

/** Ctrl-C reaches a process twice when npm or the launcher forwards what the terminal sent to all; a person's second one comes later. Milliseconds. */
const sameSignalMs = 300;
/** One byte of a cancel key's worker part is what there is; config says the same. */
const mostWorkers = 31;

const signalNumbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
type Signal = keyof typeof signalNumbers;

export function addStart(program: Command, cli: Cli): void {
  program.command('start').summary('serve, until a signal says to stop')
    .description('Starts the gateway. SIGTERM or Ctrl-C drains: sessions end when idle, after `gateway.drain` all the same; a second signal ends at once. Edited policies are in force within two seconds; the config is read at start only.')
    .addOption(configOption())
    .option('--check-config', 'say everything that is wrong with the config, and start nothing')
    .option('--workers <number>', 'processes that serve clients, in place of what the config says', count(1, mostWorkers))
    .addOption(jsonOption())
    .addHelpText('after', `
Examples:
  guardrails start
  guardrails start --config /etc/guardrails/guardrails.yaml --workers 4
  guardrails start --check-config --json`)
    .action(async (given: Given) => (given.checkConfig === true ? checkConfig(cli, given) : start(cli, given)));
}

async function checkConfig(cli: Cli, given: Given): Promise<void> {
  const { loadConfig, formatFinding } = await import('../config/load.ts');
  const loaded = await loadConfig(given.config, cli.now());
  if (given.json === true) {
    await cli.terminal.write(`${JSON.stringify({ ok: loaded.ok, errors: loaded.ok ? [] : loaded.errors, warnings: loaded.warnings })}\n`);
    if (!loaded.ok) process.exitCode = 1;
    return;
  }
  for (const warning of loaded.warnings) cli.terminal.note(`${display(formatFinding(warning))}\n`);
  if (!loaded.ok) throw configFailure(given.config, loaded, formatFinding);
  const { targets } = loaded.config;
  await cli.terminal.write(`${display(given.config)} is right: ${targets.length} ${targets.length === 1 ? 'target' : 'targets'} (${targets.map(({ target }) => target.name).join(', ')})\n`);
}

async function start(cli: Cli, given: Given): Promise<void> {
  const { config: read, digest, path } = await requireConfig(cli, given.config);
  const config: Config = given.workers === undefined ? read : { ...read, gateway: { ...read.gateway, workers: given.workers } };
  await checkSecrets(cli, config);
  const { users, freezes } = await look(cli, config);
  const serving = await cli.tools.serve(config, digest, ['--serve-as-worker', path]);
  const stopping = signalled(cli);
  await cli.terminal.write(given.json === true ? `${JSON.stringify(readiness(cli, config, serving, users, freezes))}\n` : welcome(cli, config, serving, users, freezes));
  const why = await stopping;
  cli.terminal.note(`${why}: draining, for at most ${config.gateway.drain / 1000} s; once more ends it at once\n`);
  await serving.stop(why);
}

/** Secrets are read anew for each login, so one that is missing now may come; but who starts a gateway wants to know. */
async function checkSecrets(cli: Cli, config: Config): Promise<void> {
  const { resolveSecret, SecretUnavailable } = await import('../config/secret.ts');
  for (const { target, password } of config.targets) {
    if (password === undefined) continue;
    try {
      await resolveSecret(password);
    } catch (error) {
      if (!(error instanceof SecretUnavailable)) throw error;
      cli.terminal.note(`${cli.terminal.noteColour.yellow('warning:')} nobody can reach \`${target.name}\` yet: ${display(error.message)}; ${display(error.mend)}\n`);
    }
  }
}

/** Before serving: a state file that cannot be read is said before anybody is let in. */
async function look(cli: Cli, config: Config): Promise<{ readonly users: number; readonly freezes: readonly FreezeRecord[] }> {
  const identities = await cli.tools.identities(config);
  try {
    return { users: (await identities.list(cli.now())).principals.length, freezes: await identities.freezes() };
  } finally {
    await identities.close();
  }
}

/** Resolves at the first signal that says to stop; a later one ends the process. */
function signalled(cli: Cli): Promise<Signal> {
  const { promise, resolve } = Promise.withResolvers<Signal>();
  let first: number | undefined;
  const stop = (signal: Signal): void => {
    const now = performance.now();
    if (first === undefined) {
      first = now;
      resolve(signal);
    } else if (now - first > sameSignalMs) process.exit(128 + signalNumbers[signal]);
  };
  cli.signals.on('SIGINT', () => { stop('SIGINT'); });
  cli.signals.on('SIGTERM', () => { stop('SIGTERM'); });
  cli.signals.on('SIGHUP', () => {
    // A terminal that was closed; to a gateway without one it is the habit of asking for a reload.
    if (cli.terminal.interactive) stop('SIGHUP');
    else cli.terminal.note('SIGHUP: policies are taken up by themselves; guardrails.yaml is read at start, so restart for it\n');
  });
  return promise;
}

export function upstreamText({ address, user, database }: { readonly address: UpstreamAddress; readonly user: string; readonly database: string }): string {
  return address.kind === 'unix' ? `${user}@${address.path}/${database}` : `${user}@${hostPort(address.host, address.port)}/${database}`;
}

export function hostPort(host: string, port: number): string { return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`; }

function listens(serving: Serving, target: TargetConfig): string {
  const found = serving.listening.find((one) => one.target === target.target.name);
  return found === undefined ? '' : hostPort(found.host, found.port);
}

function readiness(cli: Cli, config: Config, serving: Serving, users: number, freezes: readonly FreezeRecord[]): object {
  return {
    ready: true, version: cli.tools.version, pid: process.pid, workers: config.gateway.workers,
    targets: config.targets.map((target) => {
      const found = serving.listening.find((one) => one.target === target.target.name);
      const freeze = freezes.find((one) => one.target === target.target.name);
      return {
        name: target.target.name, host: found?.host ?? null, port: found?.port ?? null, environment: target.target.environment, mode: target.target.mode, upstream: upstreamText(target.upstream),
        frozen: freeze === undefined ? null : freezeJson(freeze),
      };
    }),
    admin: serving.admin === undefined ? null : { host: serving.admin.host, port: serving.admin.port },
    policyVersion: serving.policyVersion ?? null, recording: { ok: true, data: config.gateway.data }, principals: users,
  };
}

/** Why the record is known to work: nothing serves before the start itself is on disk. */
function welcome(cli: Cli, config: Config, serving: Serving, users: number, freezes: readonly FreezeRecord[]): string {
  const { colour, width } = cli.terminal;
  const rows = config.targets.map((target) => [
    target.target.name, listens(serving, target), upstreamText(target.upstream), target.target.environment === 'unspecified' ? 'unspecified (as production)' : target.target.environment,
    target.target.mode === 'observe' ? 'OBSERVE' : 'enforce', target.tls === undefined ? 'off' : target.tls.required ? 'required' : 'offered',
  ]);
  const observing = config.targets.filter(({ target }) => target.mode === 'observe').map(({ target }) => target.name);
  const first = config.targets[0]?.target.name ?? 'TARGET';
  const facts: readonly (readonly [string, string])[] = [
    ['recording', `works: this start is on disk in ${display(config.gateway.data)}`],
    ['policies', `${config.policy.map((folder) => display(basename(folder))).join(', ')}${serving.policyVersion === undefined ? '' : `, ${serving.policyVersion.slice(0, 19)}`}`],
    ['admin', serving.admin === undefined ? 'off' : `http://${hostPort(serving.admin.host, serving.admin.port)} (healthz, readyz, metrics)`],
    ...(config.gateway.workers > 1 ? [['workers', String(config.gateway.workers)] as const] : []),
  ];
  const next = users === 0
    ? `${colour.yellow('Nobody can connect yet.')} In another terminal: guardrails user create ada --target ${first} --can read --for 8h`
    : `Next: guardrails agent create NAME --owner USER --target ${first} --can read --for 8h, or guardrails log follow`;
  return [
    `${colour.bold('Access Guardrails')} ${cli.tools.version} stands`, '',
    ...table([{ head: 'target' }, { head: 'listens' }, { head: 'upstream' }, { head: 'environment' }, { head: 'mode' }, { head: 'tls' }], rows, width - 2, colour.dim).map((line) => `  ${line}`), '',
    ...facts.map(([name, text]) => `  ${colour.dim(name.padEnd(10))} ${text}`), '',
    ...(observing.length === 0 ? [] : [colour.yellow(colour.bold(`OBSERVE MODE: ${observing.join(', ')} ${observing.length === 1 ? 'is' : 'are'} only watched. What should be refused is recorded and LET THROUGH.`)), '']),
    ...config.targets.flatMap(({ target }) => freezes.filter((one) => one.target === target.name)).flatMap((freeze) => [colour.yellow(colour.bold(`FROZEN: ${freeze.target} lets nothing but reads through: ${freezeText(freeze)}`)), '']),
    next, '',
  ].join('\n');
}
