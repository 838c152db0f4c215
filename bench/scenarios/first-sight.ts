import { rowAlone } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';
import { quantile } from '../statistics.ts';
import { openSession } from '../wire-client.ts';

/** Forms of statements that applications send; a number in a name makes each one new. */
const forms: readonly ((mark: number) => string)[] = [
  (mark) => `SELECT abalance AS b${mark} FROM pgbench_accounts WHERE aid = 1`,
  (mark) => `SELECT a.aid, b.bbalance AS b${mark} FROM pgbench_accounts a JOIN pgbench_branches b USING (bid) WHERE a.aid = 2 AND b.bid = 1`,
  (mark) => `WITH w${mark} AS (SELECT aid, bid FROM pgbench_accounts WHERE aid BETWEEN 1 AND 5) SELECT w.aid, t.tbalance FROM w${mark} w JOIN pgbench_tellers t ON t.bid = w.bid AND t.tid = 1`,
  (mark) => `SELECT count(*) AS c${mark}, coalesce(max(tbalance), 0) FROM pgbench_tellers WHERE bid = 1 AND tid IN (1, 2, 3)`,
  (mark) => `UPDATE pgbench_tellers SET tbalance = tbalance + 1 WHERE tid = -1 RETURNING tid AS t${mark}`,
];

/** The first time that the gate reads a statement against the second: parsing, effects and policy are the difference. */
export const firstSight: Scenario = {
  name: 'first-sight',
  run: async ({ gateway, short }) => {
    const session = await openSession(gateway.login);
    const timed = async (text: string): Promise<number> => {
      const begun = performance.now();
      await session.query(text);
      return performance.now() - begun;
    };
    const first: number[] = [];
    const again: number[] = [];
    const count = short ? 500 : 1500;
    // In one transaction, so that no disk is waited for.
    await session.query('BEGIN');
    for (let mark = 0; mark < count; mark++) {
      const text = forms[mark % forms.length]?.(mark) ?? '';
      const seen = await timed(text);
      const known = await timed(text);
      // Until the gateway's own code is compiled every statement is slow, seen before or not.
      if (mark < count / 5) continue;
      first.push(seen);
      again.push(known);
    }
    await session.query('ROLLBACK');
    session.close();
    const more = (part: number): number => quantile(first, part) - quantile(again, part);
    return [rowAlone('first sight of a statement: p50', 'ms', more(0.5), { most: 3 }), rowAlone('first sight of a statement: p99', 'ms', more(0.99), { most: 3 })];
  },
};
