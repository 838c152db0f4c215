import type { PathName } from '../path.ts';
import { type Load, pgbench } from '../pgbench.ts';
import { pipelineScript } from '../pipeline-script.ts';
import { cpuTime } from '../process.ts';
import { inRounds, type Measurements, rowOf } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';

type Work = Omit<Load, 'seconds' | 'script'> & { readonly script: () => Promise<readonly string[]> };

function throughput(name: string, title: string, least: number, { script, ...load }: Work): Scenario {
  return {
    name,
    run: async ({ paths, rounds, seconds }) => {
      const args = await script();
      const values = await inRounds(paths, rounds, async ({ login, pid }) => {
        const before = pid === undefined ? undefined : await cpuTime(pid);
        const { tps, transactions } = await pgbench(login, { ...load, script: args, seconds });
        const after = pid === undefined ? undefined : await cpuTime(pid);
        return { tps, cpu: before === undefined || after === undefined ? undefined : (after - before) / transactions };
      });
      const of = (which: 'tps' | 'cpu'): Measurements<number> => {
        const one = (name: PathName): readonly number[] => values[name].flatMap((value) => value[which] ?? []);
        return { direct: one('direct'), relay: one('relay'), pgbouncer: one('pgbouncer'), gateway: one('gateway') };
      };
      return [
        rowOf(title, 'tx/s', of('tps'), { with: 'relay', how: 'ratio' }, { least }),
        rowOf('  its CPU a transaction', 'µs', of('cpu'), { with: 'relay', how: 'difference' }, undefined),
      ];
    },
  };
}

const pointReads = async (): Promise<readonly string[]> => Promise.resolve(['-S']);
const tpcB = async (): Promise<readonly string[]> => Promise.resolve([]);

/** DESIGN.md, section 10: the gateway against a bare relay in the same runtime. */
export const throughputScenarios: readonly Scenario[] = [
  throughput('prepared-8', 'select, prepared, 8 clients', 0.9, { clients: 8, protocol: 'prepared', script: pointReads }),
  throughput('prepared-64', 'select, prepared, 64 clients', 0.9, { clients: 64, protocol: 'prepared', script: pointReads }),
  throughput('simple-8', 'select, new literals, 8 clients', 0.75, { clients: 8, protocol: 'simple', script: pointReads }),
  throughput('tpcb-8', 'TPC-B, 8 clients', 0.85, { clients: 8, protocol: 'simple', script: tpcB }),
  throughput('tpcb-prepared-8', 'TPC-B, prepared, 8 clients', 0.85, { clients: 8, protocol: 'prepared', script: tpcB }),
  throughput('pipeline', 'pipeline of 100, 1 client', 0.8, { clients: 1, protocol: 'prepared', script: async () => ['-f', await pipelineScript()] }),
];
