import { inRounds, only, rowOf } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';
import { quantile } from '../statistics.ts';
import { openSession, type WireClient } from '../wire-client.ts';
import { timed } from './latency.ts';

/** Bytes of one statement. */
const length = 1_000_000;

/** Many items rather than one long literal: that is what is dear to read, and still within what the gate reads at all. */
function statement(): string {
  const item = `'${'x'.repeat(100)}'`;
  return `SELECT 1 WHERE '' IN (${Array.from({ length: Math.ceil(length / (item.length + 1)) }, () => item).join(',')})`;
}

/** What others wait while one session sends statements of a megabyte, one after the other. */
export const largeStatements: Scenario = {
  name: 'large',
  run: async (bench) => {
    const text = statement();
    const values = await inRounds(only(bench, ['direct', 'relay', 'gateway']), bench.rounds, async ({ login }) => {
      const heavy = await openSession(login);
      const over = new AbortController();
      const sending = send(heavy, text, over.signal);
      const [times] = await Promise.all([timed(login, { clients: 4, protocol: 'prepared', script: ['-S'], seconds: bench.seconds }).finally(() => { over.abort(); }), sending]);
      heavy.close();
      return quantile(times, 0.99) / 1000;
    });
    return [rowOf('1 MB statements: others\' p99', 'ms', values, { with: 'direct', how: 'difference' }, { most: 5 })];
  },
};

/** On a machine that is busy enough some are not read in time, and refused; that all are would be another scenario. */
async function send(session: WireClient, text: string, over: AbortSignal): Promise<void> {
  let answered = 0;
  let refused: unknown;
  do {
    try {
      await session.query(text);
      answered++;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('reading took too long')) throw error;
      refused = error;
    }
  } while (!over.aborted);
  if (answered === 0) throw refused;
}
