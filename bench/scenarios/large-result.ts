import { residentBytes } from '../process.ts';
import { inRounds, only, rowAlone, rowOf } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';
import { openSession } from '../wire-client.ts';

/** Milliseconds between two looks at the gateway's memory. */
const lookMs = 25;
const mebibyte = 2 ** 20;

/** Rows that only pass: how fast, and how much of them the gateway holds at a time. */
export const largeResult: Scenario = {
  name: 'rows',
  run: async (bench) => {
    const { gateway, short } = bench;
    const rows = short ? 1_000_000 : 10_000_000;
    const idle = (await gateway.memory()).rss;
    let most = idle;
    const look = setInterval(() => { void residentBytes(gateway.process.pid).then((bytes) => { most = Math.max(most, bytes ?? 0); }); }, lookMs);
    try {
      const values = await inRounds(only(bench, ['direct', 'relay', 'gateway']), 2, async ({ login }) => {
        const session = await openSession(login);
        const begun = performance.now();
        const bytes = await session.query(`SELECT g, g * 7 AS h FROM generate_series(1, ${rows}) AS g`);
        const seconds = (performance.now() - begun) / 1000;
        session.close();
        return bytes / 1e6 / seconds;
      });
      const title = `${rows / 1e6} million rows`;
      return [
        rowOf(title, 'MB/s', values, { with: 'relay', how: 'ratio' }, { least: 0.8 }),
        rowAlone(`${title}: memory above idle`, 'MiB', (most - idle) / mebibyte, { most: 64 }),
      ];
    } finally {
      clearInterval(look);
    }
  },
};
