import * as fs from 'node:fs';
import { join } from 'node:path';
import { readAt } from '../files.ts';
import { recordAt } from '../segment-scan.ts';
import { headerLength, mostRecordBytes, recordHeaderLength, type SegmentName, segmentsAmong } from '../wal-format.ts';
import { logRecord } from './log-record.ts';

/** Clocks that are set back may put a record into a segment that is younger than it. */
const clockSlackMs = 60 * 60 * 1000;

/** The segment to begin at for records from `since` on: the newest of which the first record is older by the slack. Undefined: the oldest. */
export function beginAt(folder: string, since: number): SegmentName | undefined {
  return segmentsAmong(fs.readdirSync(folder)).findLast((name) => {
    const time = firstTime(folder, name);
    return time !== undefined && time <= since - clockSlackMs;
  });
}

function firstTime(folder: string, name: SegmentName): number | undefined {
  const file = fs.openSync(join(folder, name.file), 'r');
  try {
    const bytes = readAt(file, headerLength, recordHeaderLength + mostRecordBytes);
    const length = recordAt(bytes, 0, name.first);
    if (length === undefined) return undefined;
    return logRecord({ writer: '', sequence: name.first, bytes: bytes.subarray(recordHeaderLength, recordHeaderLength + length) }).time;
  } finally {
    fs.closeSync(file);
  }
}
