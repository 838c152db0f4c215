import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { walRoot } from '../open.ts';
import { scanRecords } from '../segment-scan.ts';
import { headerLength, segmentsAmong } from '../wal-format.ts';
import type { LogFilter, LogRecord } from '../../core/log-record.ts';
import { matches } from './filter.ts';
import { isRefusal, logRecord } from './log-record.ts';
import { writersIn } from './read-log.ts';
import type { StoredBytes } from './wal-cursor.ts';

/** The newest refusal (a decision that was no permit, or a session that was turned away) that matches. */
export function lastRefusal(dir: string, filter: LogFilter = {}): LogRecord | undefined {
  return findLast(dir, writersIn(dir), (record) => isRefusal(record) && matches(record, filter));
}

/** By uid, by `writer/sequence`, or by sequence alone (then of the writer that wrote it last). */
export function findRecord(dir: string, id: string): LogRecord | undefined {
  const place = /^#?(?:([a-z0-9-]+)\/)?(\d{1,16})$/.exec(id);
  if (place === null) return findLast(dir, writersIn(dir), (record) => record.uid === id);
  const sequence = Number(place[2]);
  const writers = writersIn(dir).filter((writer) => place[1] === undefined || writer === place[1]);
  return findLast(dir, writers, (record) => record.sequence === sequence);
}

/** The outcome of a decision, once there is one. */
export function outcomeOf(dir: string, decision: LogRecord): LogRecord | undefined {
  return findLast(dir, [decision.writer], (record) => record.kind === 'outcome' && record.decision === decision.sequence);
}

function findLast(dir: string, writers: readonly string[], wanted: (record: LogRecord) => boolean): LogRecord | undefined {
  let latest: LogRecord | undefined;
  for (const writer of writers) {
    const found = findLastOf(join(walRoot(dir), writer), writer, wanted);
    if (found !== undefined && (latest === undefined || found.time > latest.time)) latest = found;
  }
  return latest;
}

/** From the newest segment back; of each, what can be read. */
function findLastOf(folder: string, writer: string, wanted: (record: LogRecord) => boolean): LogRecord | undefined {
  for (const name of segmentsAmong(readdirSync(folder)).toReversed()) {
    const stored: StoredBytes[] = [];
    scanRecords(readFileSync(join(folder, name.file)), headerLength, name.first, (bytes, sequence) => { stored.push({ writer, sequence, bytes }); });
    for (const one of stored.toReversed()) {
      const record = logRecord(one);
      if (wanted(record)) return record;
    }
  }
  return undefined;
}
