import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { question } from './question.ts';

/**
 * Whether every transaction whose work is visible by now has also told the other backends so. Between the two (ProcArrayEndTransaction and
 * AtEOXact_Inval in CommitTransaction, src/backend/access/transam/xact.c) a backend may still write a name or a text from what its caches
 * hold, and no row that one can see would show it. Until a transaction has told them, it holds the lock on its own number. A snapshot does
 * not list subtransactions, whose numbers are locked as well: so the backends that count are those of which no number is in progress.
 */
export const settled = question(
  z.tuple([z.boolean()]),
  `SELECT json_build_array(NOT EXISTS (
     SELECT FROM pg_locks l CROSS JOIN txid_current_snapshot() AS s
     WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.pid IS NOT NULL
     GROUP BY l.pid HAVING bool_and(txid_visible_in_snapshot((txid_snapshot_xmax(s) & ~4294967295::int8) | l.transactionid::text::int8, s))))::text`,
);

const pause = 2; // ms

/** Asks until the answer is yes, or for so many milliseconds. */
export async function untilSettled(ask: () => Promise<readonly (readonly [boolean])[]>, patience: number): Promise<boolean> {
  for (let waited = 0; waited < patience; waited += pause) {
    if ((await ask())[0]?.[0] === true) return true;
    await sleep(pause);
  }
  return false;
}
