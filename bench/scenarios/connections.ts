import type { Login } from '../path.ts';
import { inRounds, rowOf } from '../rounds.ts';
import { met, type Scenario } from '../scenario.ts';
import { openSession } from '../wire-client.ts';

const least = 300;
/** Logins under way at a time. */
const clients = 8;

/**
 * Logins a second, each asking one thing and leaving. By our own client: `pgbench -C` spends more on deriving its key (OpenSSL 3 under libpq) than
 * all the others on the rest.
 */
async function logins(login: Login, seconds: number): Promise<number> {
  const begun = performance.now();
  let count = 0;
  await Promise.all(Array.from({ length: clients }, async () => {
    while (performance.now() - begun < seconds * 1000) {
      const session = await openSession(login);
      await session.query('SELECT 1');
      session.close();
      count++;
    }
  }));
  return count / ((performance.now() - begun) / 1000);
}

export const connections: Scenario = {
  name: 'connections',
  run: async ({ paths, rounds, seconds }) => {
    const values = await inRounds(paths, rounds, ({ login }) => logins(login, seconds));
    const row = rowOf('new connections, SCRAM, 8 at a time', '1/s', values, { with: 'direct', how: 'ratio' }, undefined);
    return [{ ...row, budget: { least }, met: met(row.values.gateway ?? 0, { least }) }];
  },
};
