import * as fs from 'node:fs';
import { type SegmentName, segmentsAmong } from '../wal-format.ts';
import { logRecord } from './log-record.ts';
import { WalCursor } from './wal-cursor.ts';

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
  const cursor = new WalCursor(folder, '');
  try {
    cursor.begin(name);
    const [first] = cursor.read();
    return first === undefined ? undefined : logRecord(first).time;
  } finally {
    cursor.close();
  }
}
