import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { walRoot } from '../open.ts';
import { isWriterName } from '../wal-format.ts';
import type { LogFilter, LogRecord } from '../../core/log-record.ts';
import { matches } from './filter.ts';
import { logRecord } from './log-record.ts';
import { beginAt } from './seek.ts';
import { WalCursor } from './wal-cursor.ts';

/** A followed log is looked at so often. */
const pollMs = 200;

/** One writer's records that were read and not yet handed out. */
interface Reading { readonly cursor: WalCursor; records: LogRecord[]; at: number }

/**
 * The records of all writers of the data folder `dir`, merged by time, that match. With `follow`, waits for more until the signal aborts (then it
 * ends, without an error), and sees writers that come later. Throws `LogDamaged` at the record that is not as it was written.
 */
export async function* readLog(dir: string, filter: LogFilter = {}, options: { readonly follow?: boolean; readonly signal?: AbortSignal } = {}): AsyncGenerator<LogRecord, void> {
  const { follow = false, signal } = options;
  const readings = new Map<string, Reading>();
  try {
    while (!isAborted(signal)) {
      for (const writer of writersIn(dir)) {
        if (!readings.has(writer)) readings.set(writer, { cursor: cursorFor(dir, writer, filter.since), records: [], at: 0 });
      }
      for (let reading = earliest(readings); reading !== undefined; reading = earliest(readings)) {
        const record = reading.records[reading.at];
        reading.at++;
        if (record !== undefined && matches(record, filter)) yield record;
        if (reading.at === reading.records.length) await turn();
        if (isAborted(signal)) return;
      }
      if (!follow) return;
      await pause(signal);
    }
  } finally {
    for (const { cursor } of readings.values()) cursor.close();
  }
}

export function writersIn(dir: string): string[] {
  try {
    return readdirSync(walRoot(dir)).filter(isWriterName).toSorted();
  } catch {
    return [];
  }
}

function cursorFor(dir: string, writer: string, since: number | undefined): WalCursor {
  const folder = join(walRoot(dir), writer);
  const cursor = new WalCursor(folder, writer);
  const segment = since === undefined ? undefined : beginAt(folder, since);
  if (segment !== undefined) cursor.begin(segment);
  return cursor;
}

/** The reading whose next record is the oldest; undefined when no writer has any now. */
function earliest(readings: ReadonlyMap<string, Reading>): Reading | undefined {
  let best: Reading | undefined;
  let bestTime = Infinity;
  for (const reading of readings.values()) {
    if (reading.at >= reading.records.length) {
      reading.records = reading.cursor.read().map(logRecord);
      reading.at = 0;
    }
    const time = reading.records[reading.at]?.time;
    if (time === undefined || time >= bestTime) continue;
    best = reading;
    bestTime = time;
  }
  return best;
}

/** Read anew each time: it changes while a generator waits. */
function isAborted(signal: AbortSignal | undefined): boolean { return signal?.aborted === true; }

async function pause(signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(pollMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (!isAborted(signal)) throw error;
  }
}
