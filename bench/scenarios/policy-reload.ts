import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Login } from '../path.ts';
import { rowOf } from '../rounds.ts';
import type { Row, Scenario } from '../scenario.ts';
import { quantile } from '../statistics.ts';
import { openSession, type WireClient } from '../wire-client.ts';

/** Milliseconds between two statements of the busy client. It sends on time, whatever became of those before: what waits for a pause counts as waiting. */
const pace = 2;
/** Milliseconds between two looks whether an edit is in force. */
const look = 50;
const patience = 60_000;

/** Milliseconds from when each statement was due until its answer. */
async function paced(login: Login, over: AbortSignal): Promise<readonly number[]> {
  const session = await openSession(login);
  const times: number[] = [];
  const begun = performance.now();
  for (let at = 0; !over.aborted; at++) {
    const due = begun + at * pace;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    // Its own timer's lateness is not the gateway's.
    const from = early > 0 ? performance.now() : due;
    await session.query('SELECT abalance FROM pgbench_accounts WHERE aid = 1');
    times.push(performance.now() - from);
  }
  session.close();
  return times;
}

/** Adds a policy that refuses a setting, and waits until it does. */
async function edit(file: string, number: number, watching: WireClient): Promise<void> {
  await appendFile(file, `\n@id("reload-${number}") @title("Edit ${number}") forbid (principal, action == Action::"configure", resource == Thing::"bench/setting:\\"bench.edit_${number}\\"");\n`);
  for (const begun = performance.now(); performance.now() - begun < patience; await sleep(look)) {
    try {
      await watching.query(`SET bench.edit_${number} = 1`);
    } catch {
      return;
    }
  }
  throw new Error('an edit of the policies did not come into force');
}

/** What a busy client waits while policies are edited and read again, ten times. */
export const policyReload: Scenario = {
  name: 'policy-reload',
  run: async (bench): Promise<readonly Row[]> => {
    const { gateway: { login, policies }, paths } = bench;
    const direct = paths.find(({ name }) => name === 'direct');
    if (direct === undefined) return [];
    const watching = await openSession(login);
    const over = new AbortController();
    // Beside it, at the same time: what the machine alone makes one wait.
    const waiting = Promise.all([paced(direct.login, over.signal), paced(login, over.signal)]);
    try {
      for (let number = 0; number < (bench.short ? 3 : 10); number++) await edit(join(policies, 'access.cedar'), number, watching);
    } finally {
      over.abort();
    }
    const [alone, times] = await waiting;
    watching.close();
    const row = (what: string, of: (times: readonly number[]) => number, most: number): Row =>
      rowOf(`policies reloaded ten times: ${what}`, 'ms', { direct: [of(alone)], relay: [], pgbouncer: [], gateway: [of(times)] }, { with: 'direct', how: 'difference' }, { most });
    return [row('p99', (all) => quantile(all, 0.99), 5), row('longest wait', (all) => Math.max(...all), 50)];
  },
};
