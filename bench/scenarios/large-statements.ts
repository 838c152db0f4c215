import { inRounds, only, rowOf } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';
import { quantile } from '../statistics.ts';
import { openSession } from '../wire-client.ts';
import { timed } from './latency.ts';

/** Bytes of one statement. */
const length = 1_000_000;

/** Long in tokens, not in one literal: that is what is dear to read. The server folds it to a constant. */
function statement(): string {
  const items: string[] = [];
  for (let size = 0, at = 1_000_000; size < length; at++) size += items.push(String(at)) > 0 ? 8 : 0;
  return `SELECT 1 WHERE 0 IN (${items.join(',')})`;
}

/** What others wait while one session sends statements of a megabyte, one after the other. */
export const largeStatements: Scenario = {
  name: 'large',
  run: async (bench) => {
    const text = statement();
    const values = await inRounds(only(bench, ['direct', 'relay', 'gateway']), bench.rounds, async ({ login }) => {
      const heavy = await openSession(login);
      let stopped = false;
      let sent = 0;
      const sending = (async () => {
        while (!stopped) {
          await heavy.query(text);
          sent++;
        }
      })();
      const [times] = await Promise.all([timed(login, { clients: 4, protocol: 'prepared', script: ['-S'], seconds: bench.seconds }).finally(() => { stopped = true; }), sending]);
      heavy.close();
      if (sent === 0) throw new Error('not one large statement got through');
      return quantile(times, 0.99) / 1000;
    });
    return [rowOf('1 MB statements: others\' p99', 'ms', values, { with: 'direct', how: 'difference' }, { most: 5 })];
  },
};
