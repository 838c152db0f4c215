import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { CatalogState, Metrics } from '../admin/metrics.ts';
import type { Check } from '../admin/server.ts';
import { openAuditLog } from '../audit/open.ts';
import type { WriteAheadLog } from '../audit/write-ahead-log.ts';
import { type Config, generalPurpose, type TargetConfig } from '../config/config.ts';
import { CancelRegistry, type ForwardCancel } from '../connectors/postgres/cancel.ts';
import { createPostgresConnector } from '../connectors/postgres/connector.ts';
import type { Connector } from '../core/connector.ts';
import type { Log } from '../core/log.ts';
import { AccessGate, type GuardedTarget } from '../gate/gate.ts';
import { type StoreDirectory, openDirectory } from '../identity/directory.ts';
import { createPostgresInterpreter } from '../intent/postgres/interpreter.ts';
import { CedarDecisionPoint } from '../policy/decision-point.ts';
import { formatIssue } from '../policy/issue.ts';
import { checkInThread } from '../policy/thread/check-in-thread.ts';
import { sqliteStore } from '../store/sqlite-store.ts';
import { pooledRandom } from '../wire/random.ts';
import { type Access, openAccess, type TargetAccess } from './access.ts';
import { fineClock } from './fine-clock.ts';
import { followFreezes, freezeChecks } from './freezes.ts';
import { Outbox } from './outbox.ts';
import { acceptOptions } from './targets.ts';
import { writableByOthers } from './policy-modes.ts';
import { watchPolicies } from './policy-watch.ts';
import { isShipped } from './shipped-policies.ts';
import { statePath } from './state-path.ts';
import { uuidv7 } from './uuid.ts';
import { version, wasmDigests } from './version.ts';
import { Weaknesses } from './weaknesses.ts';

export interface GatewayOptions {
  readonly config: Config;
  readonly configDigest: string;
  /** 0 to 31. Worker 0 is also the one that takes over what the CLI left to be recorded. */
  readonly worker: number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly forwardCancel: ForwardCancel;
  readonly clock?: () => number;
}

export interface Listening { readonly target: string; readonly host: string; readonly port: number }

/** A gateway that serves, in this process. */
export interface RunningGateway {
  readonly listening: readonly Listening[];
  readonly cancels: CancelRegistry;
  readonly policy: CedarDecisionPoint;
  readonly audit: WriteAheadLog;
  readonly sessionCount: () => number;
  checks(): readonly Check[];
  /** No new sessions; those that are here leave when idle, and are cut after `milliseconds`. Then everything is closed. */
  stop(why: string, milliseconds: number): Promise<void>;
}

/** Something that this process needs is not to be had; nothing is left running. `mend` says what a person can do. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  readonly mend: string;
  constructor(message: string, mend: string, cause?: unknown) { super(message, { cause }); this.mend = mend; }
}

/** Name of the one writer of a worker's log. */
export function writerOf(worker: number): string { return `gateway-${worker}`; }

/** Starts everything in the order in which each part needs the one before; takes it down again in the other when something fails. Rejects with `StartFailure`, and with the parts' own named errors. */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { config, log, metrics, worker } = options;
  const clock = options.clock ?? Date.now;
  const random = pooledRandom();
  const down: (() => Promise<void> | void)[] = [];
  const undo = async (): Promise<void> => {
    for (const step of down.toReversed()) await step();
  };
  try {
    await mkdir(config.gateway.data, { recursive: true, mode: 0o700 });
    const open = await writableByOthers(config.policy);
    if (open !== undefined) throw new StartFailure(`every user of this host may write \`${open}\`, and so decide what passes`, `chmod -R o-w ${open}`);
    const policy = new CedarDecisionPoint(config.policy, { tested: await isShipped(config.policy) });
    const audit = openAuditLog({
      dir: config.gateway.data, writer: writerOf(worker), product: { vendor: 'Access Guardrails', name: 'access-guardrails', version },
      clock, random,
      onHealth: (health) => (health.ok ? log.info('recording works') : log.error('recording does not work; nothing is let through', { error: health.error, mend: health.mend })),
    });
    down.push(() => audit.close());
    const ended = new AbortController();
    down.push(() => ended.abort());
    const store = sqliteStore({ path: statePath(config.gateway.data), clock, randomBytes });
    down.push(() => store.close());
    const directory = await openDirectory({ store, clock, randomBytes: random }, ended.signal);
    const names = config.targets.map(({ target }) => target.name);
    down.push(followFreezes(names, directory, metrics, log));
    const interpreter = await createPostgresInterpreter({ maxText: Math.max(...config.targets.map((target) => target.limits.text)) });
    down.push(() => interpreter.close());
    const weaknesses = new Weaknesses({ log, audit, reports: worker === 0 });
    const accesses = new Map(await Promise.all(config.targets.map(async (target) => [target.target.name, await openAccess(target, weaknesses, log)] as const)));
    down.push(async () => { await Promise.all(allAccesses(accesses).map(([, { catalogs }]) => catalogs.close())); });
    metrics.catalogsFrom(() => catalogStates(accesses));
    const accessOf = (name: string): TargetAccess => {
      const access = accesses.get(name);
      if (access === undefined) throw new StartFailure(`target ${name} cannot be had`, 'this is a fault of the gateway; please report it');
      return access;
    };
    const general = config.purposes.get(generalPurpose);
    if (general === undefined) throw new StartFailure('the config has no purpose `general`', 'this is a fault of the gateway; please report it');
    const gate = new AccessGate({
      targets: new Map(config.targets.map((target) => [target.target.name, guarded(target, interpreter, accessOf(target.target.name))])),
      purposes: config.purposes, defaultPurpose: general, directory, policy, log: audit, meter: metrics, logger: log, clock: options.clock ?? fineClock(), newId: () => uuidv7(clock(), random),
    });
    down.push(() => gate.close());
    const cancels = new CancelRegistry({ gateway: config.gateway.id, worker, forward: options.forwardCancel, clock, log });
    await audit.append({ type: 'gateway-started', version, configDigest: options.configDigest, policyVersion: policy.version, targets: names, binaries: await wasmDigests() });
    const outbox = new Outbox({ store, audit, log, configDigest: options.configDigest, takes: worker === 0 });
    // Before anybody is served: what changed while nothing served is on record first.
    await outbox.look();
    const servers: { readonly listening: Listening; readonly server: Server }[] = [];
    const connections = new Set<Socket>();
    for (const target of config.targets) {
      const { own, readers } = accessOf(target.target.name);
      const connector = createPostgresConnector({
        target: target.target.name, accept: await acceptOptions(target), upstream: (readsOnly) => (readsOnly && readers !== undefined ? readers : own).login(), defaultDatabase: target.upstream.database,
        databases: target.databases === '*' ? undefined : new Set(target.databases), textLimit: target.limits.text, messageLimit: target.limits.message, cancels, log,
        // In observe mode nothing is to go otherwise than without the gate.
        enforceReads: target.target.mode === 'enforce' ? target.enforceReads : 'off',
        countBytes: (direction, count) => metrics.bytes(target.target.name, direction, count),
      });
      // Read before the first session comes, so that readiness can say whether it can be.
      own.catalogs.of(target.upstream.database).current();
      readers?.catalogs.of(target.upstream.database).current();
      const server = serverFor(connector, gate, ended.signal, connections, log);
      servers.push({ server, listening: await listen(server, target) });
      down.push(() => new Promise<void>((resolve) => { server.close(() => resolve()); for (const socket of connections) socket.destroy(); }));
    }
    void outbox.follow(ended.signal);
    void watchPolicies(config.policy, async () => reloadPolicies({ folders: config.policy, policy, audit, metrics, log }, ended.signal), ended.signal);
    return {
      listening: servers.map(({ listening }) => listening), cancels, policy, audit, sessionCount: () => gate.sessionCount,
      checks: () => [...checks(audit, directory, accesses), ...freezeChecks(names, directory), ...weaknesses.checks()],
      stop: async (why, milliseconds) => {
        for (const { server } of servers) server.close();
        gate.drain();
        const until = clock() + milliseconds;
        while (gate.sessionCount > 0 && clock() < until) await new Promise((resolve) => { setTimeout(resolve, 20); });
        gate.close();
        try {
          await audit.append({ type: 'gateway-stopped', why });
        } catch (error) {
          log.error('the stop could not be recorded', { error: String(error) });
        }
        await undo();
      },
    };
  } catch (error) {
    await undo();
    throw error;
  }
}

function guarded(config: TargetConfig, interpreter: GuardedTarget['interpreter'], { own, readers }: TargetAccess): GuardedTarget {
  return {
    target: config.target, interpreter, maxSessions: config.limits.sessions, durability: config.durability, catalogMode: config.catalogMode, statementBytes: config.limits.statementBytes,
    catalogs: (database, readsOnly) => (readsOnly && readers !== undefined ? readers : own).catalogs.of(database ?? config.upstream.database),
  };
}

function allAccesses(accesses: ReadonlyMap<string, TargetAccess>): (readonly [string, Access])[] {
  return [...accesses].flatMap(([target, { own, readers }]) => (readers === undefined ? [[target, own] as const] : [[target, own] as const, [`${target} (readers)`, readers] as const]));
}

/** Of both roles that a target may have, under the target's name. */
function catalogStates(accesses: ReadonlyMap<string, TargetAccess>): readonly CatalogState[] {
  return [...accesses].flatMap(([target, { own, readers }]) => [own, ...(readers === undefined ? [] : [readers])].flatMap(({ catalogs }) => [...catalogs.all].flatMap(([database, { size }]) => (size === undefined ? [] : [{ target, database, size }]))));
}

function serverFor(connector: Connector, gate: AccessGate, signal: AbortSignal, connections: Set<Socket>, log: Log): Server {
  return createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true }, (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    connector.serve(socket, gate, signal).catch((error: unknown) => {
      if (!signal.aborted) log.error('a connection failed', { error: error instanceof Error ? error.stack : String(error) });
      socket.destroy();
    });
  });
}

async function listen(server: Server, { target, listen: { host, port } }: TargetConfig): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new StartFailure(`target \`${target.name}\` cannot listen on ${host}:${port} (${error.code ?? error.name})`,
        error.code === 'EADDRINUSE' ? 'stop what listens there, or change `listen` of the target' : 'change `listen` of the target', error));
    });
    server.listen({ host, port }, resolve);
  });
  server.on('error', () => undefined);
  const address = server.address();
  return { target: target.name, host, port: typeof address === 'object' && address !== null ? address.port : port };
}

function checks(audit: WriteAheadLog, directory: StoreDirectory, accesses: ReadonlyMap<string, TargetAccess>): Check[] {
  const { health } = audit;
  const found: Check[] = [
    { name: 'recording', ok: health.ok, ...(health.ok ? {} : { detail: `${health.error}; ${health.mend}` }) },
    { name: 'identity', ok: directory.failure === undefined, ...(directory.failure === undefined ? {} : { detail: directory.failure }) },
  ];
  for (const [target, { catalogs }] of allAccesses(accesses)) {
    for (const [database, source] of catalogs.all) {
      found.push({ name: `catalog of ${target}/${database}`, ok: source.current() !== undefined && source.failure === undefined, ...(source.failure === undefined ? {} : { detail: source.failure }) });
    }
  }
  return found;
}

interface Reloading { readonly folders: readonly string[]; readonly policy: CedarDecisionPoint; readonly audit: WriteAheadLog; readonly metrics: Metrics; readonly log: Log }

async function reloadPolicies({ folders, policy, audit, metrics, log }: Reloading, signal: AbortSignal): Promise<void> {
  const open = await writableByOthers(folders);
  if (open !== undefined) {
    metrics.policyRejected();
    log.error('the policies are not read again; the old ones stay in force', { inForce: policy.version, why: `every user of this host may write ${open}` });
    await audit.append({ type: 'policy-rejected', inForce: policy.version, errors: [`every user of this host may write ${open}`] });
    return;
  }
  const reload = await policy.reloadMeanwhile((packs) => checkInThread(packs, signal));
  // What ends with the gateway is no fault of the policies.
  if (signal.aborted) return;
  if (reload.ok && reload.from === reload.to) return;
  if (reload.ok) {
    metrics.policyLoaded(reload.to);
    const { removed: gone } = reload.changes;
    if (gone.length > 0) log.warn('policies are gone: what they refused may pass now', { gone });
    log.info('new policies are in force', { from: reload.from, to: reload.to, policies: reload.ids.length });
    await audit.append({ type: 'policy-changed', from: reload.from, to: reload.to, ids: reload.ids, ...reload.changes });
    return;
  }
  const errors = reload.errors.map(formatIssue);
  metrics.policyRejected();
  log.error('the new policies are refused; the old ones stay in force', { inForce: reload.inForce, errors });
  await audit.append({ type: 'policy-rejected', inForce: reload.inForce, errors });
}
