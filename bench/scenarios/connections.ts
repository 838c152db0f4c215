import { pgbench } from '../pgbench.ts';
import { inRounds, rowOf } from '../rounds.ts';
import { met, type Scenario } from '../scenario.ts';

const least = 300;

/** A connection for each transaction, by SCRAM: the client's own key derivation and the server's new process are in every number; pgbouncer's server connections wait for it. */
export const connections: Scenario = {
  name: 'connections',
  run: async ({ paths, rounds, seconds }) => {
    const values = await inRounds(paths, rounds, async ({ login }) => (await pgbench(login, { clients: 8, protocol: 'simple', script: ['-S'], reconnect: true, seconds })).tps);
    const row = rowOf('new connections, SCRAM, 8 at a time', '1/s', values, { with: 'direct', how: 'ratio' }, undefined);
    return [{ ...row, budget: { least }, met: met(row.values.gateway ?? 0, { least }) }];
  },
};
