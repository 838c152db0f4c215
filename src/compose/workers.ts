import cluster, { type Worker } from 'node:cluster';
import { connect } from 'node:net';
import { renderMetrics } from '../admin/exposition.ts';
import type { Snapshot } from '../admin/snapshot.ts';
import type { Check } from '../admin/server.ts';
import type { GatewayConfig } from '../config/config.ts';
import { type CancelAddress, type CancelRegistry, type ForwardCancel, unpackAddress } from '../connectors/postgres/cancel.ts';
import { encodeCancelRequest, type CancelKey } from '../connectors/postgres/messages/startup.ts';
import type { Log } from '../core/log.ts';

/** What the primary and a worker say to each other. Buffers travel as hex: the channel is JSON. */
export type ToWorker =
  | { readonly say: 'report'; readonly number: number }
  | { readonly say: 'cancel'; readonly process: number; readonly secret: string }
  | { readonly say: 'stop'; readonly why: string };
export type FromWorker =
  | { readonly say: 'ready'; readonly listening: readonly { readonly target: string; readonly host: string; readonly port: number }[] }
  | { readonly say: 'failed'; readonly message: string; readonly mend: string }
  | { readonly say: 'report'; readonly number: number; readonly snapshot: Snapshot; readonly checks: readonly Check[] }
  | { readonly say: 'cancel'; readonly process: number; readonly secret: string };

/** Milliseconds for another gateway to take a forwarded cancel. */
const FORWARD_TIMEOUT_MS = 5_000;

/** Passes a cancel on to the gateway that made its key; nothing comes back, as with any CancelRequest. */
export function forwardToPeer(gateway: GatewayConfig, to: CancelAddress, key: CancelKey, log: Log): void {
  const peer = gateway.peers.find(({ id }) => id === to.gateway);
  if (peer === undefined) return;
  const socket = connect({ host: peer.address.host, port: peer.address.port, timeout: FORWARD_TIMEOUT_MS }, () => socket.end(encodeCancelRequest(key)));
  socket.on('timeout', () => socket.destroy());
  socket.on('error', (error) => log.warn('a cancel could not be passed on to a peer', { peer: peer.id, why: error.message }));
}

/** For one process without workers: what is not ours is another gateway's. */
export function forwardAlone(gateway: GatewayConfig, log: Log): ForwardCancel {
  return (to, key) => { if (to.gateway !== gateway.id) forwardToPeer(gateway, to, key, log); };
}

/** For a worker: the primary knows the others. */
export function forwardFromWorker(): ForwardCancel {
  return (_to, key) => sendToPrimary({ say: 'cancel', process: key.process, secret: key.secret.toString('hex') });
}

export function sendToPrimary(message: FromWorker): void { process.send?.(message); }

export function takeForwarded(cancels: CancelRegistry, message: Extract<ToWorker, { say: 'cancel' }>): void {
  void cancels.forwarded({ process: message.process, secret: Buffer.from(message.secret, 'hex') });
}

export interface PrimaryParts {
  readonly gateway: GatewayConfig;
  readonly log: Log;
  /** Arguments that make this program a worker. */
  readonly args: readonly string[];
  readonly own: () => Snapshot;
}

/** Milliseconds before a worker that died is started again; doubled for each death in a row, up to the longest. */
const RESTART_MS = 200;
const LONGEST_RESTART_MS = 10_000;
/** A worker that lived this long (milliseconds) did not die of its start. */
const LIVED_MS = 30_000;
/** Milliseconds that a worker has to report. */
const REPORT_MS = 2_000;


/** The process that only watches: it hands sockets to workers in turn, restarts those that die, and speaks for all of them. */
export class Primary {
  readonly #parts: PrimaryParts;
  readonly #workers = new Map<number, Worker>();
  readonly #ready = new Map<number, Extract<FromWorker, { say: 'ready' }>['listening']>();
  readonly #failures = new Map<number, number>();
  readonly #reports = new Map<number, (report: Extract<FromWorker, { say: 'report' }>) => void>();
  #number = 0;
  #stopping = false;

  constructor(parts: PrimaryParts) {
    this.#parts = parts;
    // Few long connections balance badly by the kernel's hash; in turn is fair.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ args: [...parts.args] });
  }

  /** Resolves with where all listen when every worker is ready; rejects with the first failure of a start, the others then stopped. */
  async start(): Promise<Extract<FromWorker, { say: 'ready' }>['listening']> {
    const numbers = Array.from({ length: this.#parts.gateway.workers }, (_, number) => number);
    const [first] = await Promise.all(numbers.map((number) => this.#fork(number)));
    return first ?? [];
  }

  #fork(number: number): Promise<Extract<FromWorker, { say: 'ready' }>['listening']> {
    const worker = cluster.fork({ GUARDRAILS_WORKER: String(number) });
    const started = performance.now();
    this.#workers.set(number, worker);
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        switch (message.say) {
          case 'ready':
            this.#ready.set(number, message.listening);
            resolve(message.listening);
            break;
          case 'failed': reject(Object.assign(new Error(message.message), { mend: message.mend })); break;
          case 'report': this.#reports.get(message.number)?.(message); break;
          case 'cancel': this.#cancel({ process: message.process, secret: Buffer.from(message.secret, 'hex') }); break;
        }
      });
      worker.once('exit', (code, signal) => {
        this.#workers.delete(number);
        this.#ready.delete(number);
        if (this.#stopping) return;
        reject(new Error(`worker ${number} ended before it was ready (${signal || code})`));
        const failures = performance.now() - started > LIVED_MS ? 0 : (this.#failures.get(number) ?? 0) + 1;
        this.#failures.set(number, failures);
        const wait = Math.min(LONGEST_RESTART_MS, RESTART_MS * 2 ** failures);
        this.#parts.log.error('a worker died; it is started again', { worker: number, code, signal, milliseconds: wait });
        setTimeout(() => {
          if (!this.#stopping) this.#fork(number).catch((error: unknown) => this.#parts.log.error('a worker does not start', { worker: number, error: String(error) }));
        }, wait);
      });
    });
  }

  #cancel(key: CancelKey): void {
    const to = unpackAddress(key.process);
    if (to.gateway !== this.#parts.gateway.id) forwardToPeer(this.#parts.gateway, to, key, this.#parts.log);
    else this.#send(to.worker, { say: 'cancel', process: key.process, secret: key.secret.toString('hex') });
  }

  #send(number: number, message: ToWorker): void { this.#workers.get(number)?.send(message); }

  async #report(number: number): Promise<Extract<FromWorker, { say: 'report' }> | undefined> {
    const id = this.#number++;
    try {
      return await new Promise((resolve) => {
        const timer = setTimeout(() => resolve(undefined), REPORT_MS);
        this.#reports.set(id, (report) => {
          clearTimeout(timer);
          resolve(report);
        });
        this.#send(number, { say: 'report', number: id });
      });
    } finally {
      this.#reports.delete(id);
    }
  }

  async metrics(): Promise<string> {
    const reports = await Promise.all([...this.#workers.keys()].map((number) => this.#report(number)));
    return renderMetrics([this.#parts.own(), ...reports.flatMap((report) => report?.snapshot ?? [])]);
  }

  async checks(): Promise<readonly Check[]> {
    const found = await Promise.all(Array.from({ length: this.#parts.gateway.workers }, async (_, number) => {
      const report = await this.#report(number);
      if (report === undefined) return [{ name: `worker ${number}`, ok: false, detail: 'does not answer' }];
      return report.checks.map((check) => ({ ...check, name: `worker ${number}: ${check.name}` }));
    }));
    return found.flat();
  }

  async stop(why: string): Promise<void> {
    this.#stopping = true;
    const gone = [...this.#workers.values()].map((worker) => new Promise<void>((resolve) => { worker.once('exit', () => resolve()); }));
    for (const number of this.#workers.keys()) this.#send(number, { say: 'stop', why });
    await Promise.all(gone);
  }
}
