import { existsSync } from 'node:fs';
import { walRoot } from '../audit/open.ts';
import { findRecord, lastRefusal, outcomeOf } from '../audit/reader/find-record.ts';
import { formatEvent } from '../audit/reader/format-event.ts';
import { readLog } from '../audit/reader/read-log.ts';
import { LogDamaged } from '../audit/reader/wal-cursor.ts';
import type { LogRecord } from '../core/log-record.ts';
import type { RecordReader } from '../cli/tools.ts';

/** The record cannot be read; `mend` says what a person can do. */
export class RecordFailure extends Error {
  override readonly name = 'RecordFailure';
  readonly mend: string;
  constructor(message: string, mend: string, cause?: unknown) { super(message, { cause }); this.mend = mend; }
}

async function* withMend(entries: AsyncIterable<LogRecord>): AsyncGenerator<LogRecord, void> {
  try {
    yield* entries;
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error;
    throw new RecordFailure(error.message, 'keep the folder as it is: what stands before it was printed, and what changed it is worth finding', error);
  }
}

export function openRecord(data: string): RecordReader {
  // An absent folder would read as "nothing ever happened".
  if (!existsSync(walRoot(data))) throw new RecordFailure(`there is no record in \`${data}\``, 'start the gateway once, or name its data folder with --data');
  return {
    read: (wish, follow) => withMend(readLog(data, wish, follow === undefined ? {} : { follow: true, signal: follow })),
    format: formatEvent,
    lastRefusal: (wish) => lastRefusal(data, wish),
    find: (id) => findRecord(data, id),
    outcomeOf: (decision) => outcomeOf(data, decision),
  };
}
