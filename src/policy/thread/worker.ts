import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { slotPair } from '../cedar.ts';
import { checkPacks } from '../checked.ts';

/** nice(2): what serves commands goes first where processors are short. */
const PRIORITY = 10;

/** Linux takes a thread's number for a process's, and then means that thread alone (setpriority(2), NOTES); elsewhere there is no such link. */
function stepBack(): void {
  try { setPriority(Number(basename(readlinkSync('/proc/thread-self'))), PRIORITY); } catch { /* it competes, then */ }
}

stepBack();
// One check, and the thread ends: what it has parsed goes with it.
const folders = workerData as readonly string[]; // what check-in-thread.ts hands over
const { set, ...rest } = checkPacks(slotPair()[0], folders, false);
// The cases have been decided.
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage({ ...rest, set: set === undefined ? undefined : { ...set, goldens: [] } });
