import { createServer, type AddressInfo, type Socket } from 'node:net';
import { CancelRegistry } from '../../src/connectors/postgres/cancel.ts';
import { createPostgresConnector } from '../../src/connectors/postgres/connector.ts';
import type { EnforceReads } from '../../src/connectors/postgres/read-only.ts';
import { type CatalogSource, noCatalog } from '../../src/core/catalog.ts';
import type { PolicyDecisionPoint } from '../../src/core/decision.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { Authenticated, Authenticator, Directory } from '../../src/core/identity.ts';
import type { Interpreter } from '../../src/core/interpretation.ts';
import type { Log } from '../../src/core/log.ts';
import type { Meter } from '../../src/core/meter.ts';
import type { Principal } from '../../src/core/principal.ts';
import type { Refusal } from '../../src/core/refusal.ts';
import type { Target } from '../../src/core/target.ts';
import { AccessGate } from '../../src/gate/gate.ts';
import { MemoryLog } from './memory-log.ts';

export interface HarnessOptions {
  readonly upstream: { readonly port: number; readonly user: string; readonly password: string };
  readonly interpreter: Interpreter;
  /** Which effects are refused; in place of Cedar, so that a test says all it needs in one line. */
  readonly refuses: (effect: Effect) => boolean;
  readonly catalogs?: CatalogSource;
  readonly textLimit?: number;
  readonly startupTimeout?: number;
  /** In place of everyone being let in: why the one who proves itself now is not. */
  readonly turnsAway?: () => Refusal | undefined;
  /** Default: off. */
  readonly enforceReads?: EnforceReads;
  readonly mode?: Target['mode'];
}

/** The real gate and the real connector between a raw client and some upstream; what is not under test is small and in memory. */
export interface Harness {
  readonly port: number;
  readonly log: MemoryLog;
  readonly gate: AccessGate;
  /** Lines that the process's own log got. */
  readonly said: string[];
  /** Replaces the principal that everyone is, as the directory would after a change. */
  become(principal: Principal | undefined): void;
  stop(): Promise<void>;
}

export const ada: Principal = {
  ref: { kind: 'User', name: 'ada' }, enabled: true, groups: [], strongAuth: true,
  grants: [{ id: 'g', target: 'shop', resources: [], verbs: ['read'], unmask: [], until: Number.POSITIVE_INFINITY }],
};

/** Takes any first message for a proven secret. */
function anyone(turnsAway: () => Refusal | undefined): Authenticator {
  return {
    mechanisms: ['SCRAM-SHA-256'],
    step: () => {
      const refused = turnsAway();
      return refused === undefined ? { kind: 'done', send: 'v=', proof: { principal: ada.ref, method: 'none' } as Authenticated } : { kind: 'failed', refusal: refused };
    },
  };
}

const silentMeter: Meter = { commands: () => ({ value: 0 }), observed: () => ({ value: 0 }), step: () => undefined, session: () => undefined, authenticationFailed: () => undefined, misread: () => undefined, bytes: () => undefined };

export async function openHarness(options: HarnessOptions): Promise<Harness> {
  const log = new MemoryLog();
  const said: string[] = [];
  const say = (message: string, fields?: Readonly<Record<string, unknown>>): void => { said.push(`${message} ${JSON.stringify(fields ?? {})}`); };
  const logger: Log = { debug: () => undefined, info: say, warn: say, error: say };
  let principal: Principal | undefined = ada;
  let generation = 1;
  const listeners = new Set<() => void>();
  const directory: Directory = {
    get generation() { return generation; }, principal: () => principal, frozen: () => undefined, authenticate: () => anyone(options.turnsAway ?? (() => undefined)), failure: undefined,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const policy: PolicyDecisionPoint = {
    generation: 1, version: 'test',
    decide: ({ effects }) => {
      const because = effects.flatMap((effect, index) => (options.refuses(effect) ? [index] : []));
      const determined = { policyVersion: 'test', because, observed: [], validUntil: Number.POSITIVE_INFINITY };
      return because.length === 0 ? { outcome: 'permit', obligations: [], policies: [], ...determined }
        : { outcome: 'deny', reason: 'forbidden', policies: [{ id: 'test/refused', title: 'Refused in this test', mend: 'do not', controls: [] }], ...determined };
    },
  };
  const catalogs: CatalogSource = options.catalogs ?? { current: () => noCatalog, refresh: () => Promise.resolve(), failure: undefined };
  const purpose = { name: 'general', verbs: [], labels: [] };
  const target: Target = { name: 'shop', protocol: 'postgres', environment: 'production', mode: options.mode ?? 'enforce' };
  const gate = new AccessGate({
    targets: new Map([['shop', { target, interpreter: options.interpreter, maxSessions: 100, durability: 'normal', catalogMode: 'follow', statementBytes: 1 << 20, catalogs: () => catalogs }]]),
    purposes: new Map([['general', purpose]]), defaultPurpose: purpose, directory, policy, log, meter: silentMeter, logger, clock: Date.now, newId: () => crypto.randomUUID(),
  });
  const { upstream } = options;
  const connector = createPostgresConnector({
    target: 'shop', accept: { tls: undefined, requireTls: false, proxies: undefined, startupTimeout: options.startupTimeout ?? 10_000, extraParameters: new Set() },
    upstream: () => Promise.resolve({ address: { kind: 'tcp', host: '127.0.0.1', port: upstream.port }, tls: { mode: 'disable' }, user: upstream.user, password: upstream.password, connectTimeout: 5_000 }),
    defaultDatabase: 'postgres', databases: undefined, textLimit: options.textLimit ?? 262_144, messageLimit: 0x3fffffff, enforceReads: options.enforceReads ?? 'off',
    cancels: new CancelRegistry({ gateway: 1, worker: 0, forward: () => undefined, clock: Date.now, log: logger }), log: logger, countBytes: () => undefined,
  });
  const ended = new AbortController();
  const sockets = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    connector.serve(socket, gate, ended.signal).catch((error: unknown) => { if (!ended.signal.aborted) said.push(`serve rejected: ${String(error)}`); });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    port: (server.address() as AddressInfo).port, log, gate, said,
    become: (next) => {
      principal = next;
      generation++;
      for (const listener of listeners) listener();
    },
    stop: async () => {
      ended.abort();
      gate.close();
      const closed = new Promise((resolve) => { server.close(resolve); });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
