import { setTimeout as sleep } from 'node:timers/promises';
import type { Login } from '../path.ts';
import { rowAlone } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';
import { openSession, type WireClient } from '../wire-client.ts';

/** Opened at a time: SCRAM and a backend each. */
const batch = 20;
/** Milliseconds for the ends of sessions to be seen. */
const settleMs = 300;

async function open(login: Login, count: number): Promise<readonly WireClient[]> {
  const sessions: WireClient[] = [];
  while (sessions.length < count) sessions.push(...await Promise.all(Array.from({ length: Math.min(batch, count - sessions.length) }, () => openSession(login))));
  return sessions;
}

async function openAndAsk(login: Login, count: number): Promise<readonly WireClient[]> {
  const sessions = await open(login, count);
  for (const session of sessions) await session.query('SELECT abalance FROM pgbench_accounts WHERE aid = 1');
  await sleep(settleMs);
  return sessions;
}

/** Memory of a session that has logged in, asked one thing and is still there: the slope from some sessions to more, since the first ones make heap and pools grow once for all. */
export const idleSessions: Scenario = {
  name: 'idle',
  run: async ({ gateway, short }) => {
    const some = 150;
    const more = short ? 150 : 350;
    const first = await openAndAsk(gateway.login, some);
    const before = await gateway.memory();
    const second = await openAndAsk(gateway.login, more);
    const after = await gateway.memory();
    for (const session of [...first, ...second]) session.close();
    await sleep(settleMs);
    const resident = (after.rss - before.rss) / more / 1024;
    const held = (after.heapUsed + after.external - before.heapUsed - before.external) / more / 1024;
    return [rowAlone('idle session: resident', 'KiB', resident, { most: 24 }), rowAlone('idle session: heap and buffers', 'KiB', held, { most: 24 })];
  },
};
