import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { pgbenchVersion } from './pgbench.ts';
import { pgbouncerVersion } from './pgbouncer.ts';

/** What the numbers depend on. `load`: of the last minute, before anything was started; much above 0 means that others use the machine too. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  /** GiB. */
  readonly memory: number;
  readonly load: number;
  readonly node: string;
  readonly postgres: string;
  readonly pgbench: string | undefined;
  readonly pgbouncer: string | undefined;
}

export async function machine(postgres: string, load: number): Promise<Machine> {
  return {
    cores: availableParallelism(), cpu: cpus()[0]?.model.trim() ?? 'unknown', memory: Math.round(totalmem() / 2 ** 30), load,
    node: process.versions.node, postgres, pgbench: await pgbenchVersion(), pgbouncer: await pgbouncerVersion(),
  };
}

export function load(): number { return Math.round((loadavg()[0] ?? 0) * 10) / 10; }

export function formatMachine(facts: Machine): string {
  return `${facts.cores} cores (${facts.cpu}), ${facts.memory} GiB, load ${facts.load} before; Node ${facts.node}, PostgreSQL ${facts.postgres}, pgbench ${facts.pgbench ?? 'absent'}, pgbouncer ${facts.pgbouncer ?? 'absent'}`;
}
