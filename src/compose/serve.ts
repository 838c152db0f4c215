import cluster from 'node:cluster';
import { renderMetrics } from '../admin/exposition.ts';
import { createLog, type RootLog } from '../admin/log.ts';
import { createMetrics, type Metrics } from '../admin/metrics.ts';
import { type AdminListener, serveAdmin } from '../admin/server.ts';
import type { Config } from '../config/config.ts';
import { type Listening, type RunningGateway, startGateway, StartFailure } from './gateway.ts';
import { forwardAlone, forwardFromWorker, Primary, sendToPrimary, takeForwarded, type ToWorker } from './workers.ts';
import { version } from './version.ts';

export interface Serving {
  readonly listening: readonly Listening[];
  readonly admin: { readonly host: string; readonly port: number } | undefined;
  readonly policyVersion: string | undefined;
  /** Drains, then ends everything. */
  stop(why: string): Promise<void>;
}

function logOf(config: Config, worker: number | undefined): RootLog {
  return createLog({ ...config.gateway.log, base: { gateway: config.gateway.name, ...(worker === undefined ? {} : { worker }) } });
}

function metricsOf(config: Config, digest: string, worker: number): Metrics {
  return createMetrics({ worker, targets: config.targets.map(({ target }) => target), build: { version, configDigest: digest } });
}

function watchRecord(metrics: Metrics, gateway: RunningGateway): void {
  metrics.policyLoaded(gateway.policy.version);
  metrics.recordFrom(() => {
    const { health } = gateway.audit;
    return { ok: health.ok, ...gateway.audit.backlog };
  });
}

/** Serves by the config, in this process or in workers, until stopped. Rejects as `startGateway` does. */
export async function serve(config: Config, digest: string, workerArgs: readonly string[]): Promise<Serving> {
  return config.gateway.workers > 1 ? serveByWorkers(config, digest, workerArgs) : serveAlone(config, digest);
}

async function serveAlone(config: Config, digest: string): Promise<Serving> {
  const log = logOf(config, undefined);
  const metrics = metricsOf(config, digest, 0);
  const gateway = await startGateway({ config, configDigest: digest, worker: 0, log, metrics, forwardCancel: forwardAlone(config.gateway, log) });
  watchRecord(metrics, gateway);
  let admin: AdminListener | undefined;
  try {
    admin = config.gateway.admin === undefined ? undefined
      : await serveAdmin({ config: config.gateway.admin, checks: () => gateway.checks(), metrics: () => renderMetrics([metrics.snapshot()]), log });
  } catch (error) {
    await gateway.stop('the admin listener did not start', 0);
    throw error;
  }
  return {
    listening: gateway.listening, admin, policyVersion: gateway.policy.version,
    stop: async (why) => {
      await gateway.stop(why, config.gateway.drain);
      await admin?.close();
      metrics.close();
    },
  };
}

async function serveByWorkers(config: Config, digest: string, workerArgs: readonly string[]): Promise<Serving> {
  const log = logOf(config, undefined);
  const metrics = metricsOf(config, digest, config.gateway.workers);
  const primary = new Primary({ gateway: config.gateway, log, args: workerArgs, own: () => metrics.snapshot() });
  let admin: AdminListener | undefined;
  try {
    const listening = await primary.start();
    admin = config.gateway.admin === undefined ? undefined : await serveAdmin({ config: config.gateway.admin, checks: () => primary.checks(), metrics: () => primary.metrics(), log });
    return {
      listening, admin, policyVersion: undefined,
      stop: async (why) => {
        await primary.stop(why);
        await admin?.close();
        metrics.close();
      },
    };
  } catch (error) {
    await primary.stop('the start failed');
    throw error;
  }
}

/** Is this process one of several that `serve` has started? */
export function isWorker(): boolean { return cluster.isWorker; }

/** The life of a worker: ends when the primary says so, or is gone. */
export async function serveAsWorker(config: Config, digest: string): Promise<void> {
  const worker = Number(process.env['GUARDRAILS_WORKER']);
  const log = logOf(config, worker);
  const metrics = metricsOf(config, digest, worker);
  // The terminal's Ctrl-C reaches all; when to stop is the primary's word.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  let gateway: RunningGateway;
  try {
    gateway = await startGateway({ config, configDigest: digest, worker, log, metrics, forwardCancel: forwardFromWorker() });
  } catch (error) {
    sendToPrimary({ say: 'failed', message: error instanceof Error ? error.message : String(error), mend: error instanceof StartFailure ? error.mend : '' });
    process.exitCode = 1;
    process.disconnect?.();
    return;
  }
  watchRecord(metrics, gateway);
  const stopped = Promise.withResolvers<void>();
  let stopping = false;
  const stop = async (why: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await gateway.stop(why, config.gateway.drain);
    metrics.close();
    stopped.resolve();
  };
  process.on('message', (message: ToWorker) => {
    switch (message.say) {
      case 'report': sendToPrimary({ say: 'report', number: message.number, snapshot: metrics.snapshot(), checks: gateway.checks() }); break;
      case 'cancel': takeForwarded(gateway.cancels, message); break;
      case 'stop': void stop(message.why); break;
    }
  });
  process.once('disconnect', () => { void stop('the primary is gone'); });
  sendToPrimary({ say: 'ready', listening: gateway.listening });
  await stopped.promise;
  if (process.connected) process.disconnect?.();
}
