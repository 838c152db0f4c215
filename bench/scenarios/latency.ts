import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Login } from '../path.ts';
import { type Load, pgbench, transactionTimes } from '../pgbench.ts';
import { inRounds, type Measurements, rowOf } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';
import { quantile } from '../statistics.ts';

/** Microseconds of each transaction, in no order. */
export async function timed(login: Login, load: Omit<Load, 'log'>): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'guardrails-bench-times-'));
  try {
    const log = join(folder, 'times');
    await pgbench(login, { ...load, log });
    return await transactionTimes(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What one client waits longer for a statement whose shape is known. */
export const latency: Scenario = {
  name: 'latency',
  run: async ({ paths, rounds, seconds }) => {
    const values = await inRounds(paths, rounds, async ({ login }) => {
      const times = await timed(login, { clients: 1, protocol: 'prepared', script: ['-S'], seconds });
      return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
    });
    const of = (which: 'p50' | 'p99'): Measurements<number> => ({
      direct: values.direct.map((value) => value[which]), relay: values.relay.map((value) => value[which]),
      pgbouncer: values.pgbouncer.map((value) => value[which]), gateway: values.gateway.map((value) => value[which]),
    });
    return [
      rowOf('select, prepared, 1 client: p50', 'µs', of('p50'), { with: 'direct', how: 'difference' }, { most: 80 }),
      rowOf('select, prepared, 1 client: p99', 'µs', of('p99'), { with: 'direct', how: 'difference' }, { most: 1000 }),
    ];
  },
};
