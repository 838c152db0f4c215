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

/** Memory of a session that has logged in, asked one thing and is still there. The first ones are let go: what grows once grows with them. */
export const idleSessions: Scenario = {
  name: 'idle',
  run: async ({ gateway, short }) => {
    const count = short ? 200 : 400;
    for (const session of await open(gateway.login, count / 2)) session.close();
    await sleep(settleMs);
    const before = await gateway.memory();
    const sessions = await open(gateway.login, count);
    for (const session of sessions) await session.query('SELECT abalance FROM pgbench_accounts WHERE aid = 1');
    await sleep(settleMs);
    const after = await gateway.memory();
    for (const session of sessions) session.close();
    await sleep(settleMs);
    const used = (after.rss - before.rss) / count / 1024;
    const held = (after.heapUsed + after.external - before.heapUsed - before.external) / count / 1024;
    return [rowAlone('idle session: resident', 'KiB', used, { most: 24 }), rowAlone('idle session: heap and buffers', 'KiB', held, { most: 24 })];
  },
};
