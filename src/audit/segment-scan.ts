import { mostRecordBytes, recordCrc, recordHeaderLength, sealFor, sealLength } from './wal-format.ts';

/**
 * How a run of records ends.
 * `sealed`: closed in good order. `end`: after a whole record, without a seal. `torn`: after a record that was written in part (a crash).
 * `damaged`: after a record that was whole once; bytes of it, or before it, were changed or lost since.
 */
export type RunEnd = 'sealed' | 'end' | 'torn' | 'damaged';

export interface Run {
  /** Of the first record after the run. */
  readonly next: number;
  /** Where the run ends: the offset behind the last whole record. */
  readonly length: number;
  readonly end: RunEnd;
}

/** Reads the records of `bytes` from `offset` on, of which the first must be `first`; `each` gets them as views. */
export function scanRecords(bytes: Buffer, offset: number, first: number, each: (record: Buffer, sequence: number, at: number) => void): Run {
  let at = offset;
  let next = first;
  while (true) {
    const length = recordAt(bytes, at, next);
    if (length === undefined) break;
    each(bytes.subarray(at + recordHeaderLength, at + recordHeaderLength + length), next, at);
    at += recordHeaderLength + length;
    next++;
  }
  return { next, length: at, end: endOf(bytes, at, next) };
}

/** Length of the whole, right record that begins there; undefined when none does. */
export function recordAt(bytes: Buffer, at: number, sequence: number): number | undefined {
  if (bytes.length - at < recordHeaderLength) return undefined;
  const length = bytes.readUInt32BE(at);
  if (length < 2 || length > mostRecordBytes || bytes.length - at - recordHeaderLength < length) return undefined;
  const start = at + recordHeaderLength;
  return recordCrc(bytes.subarray(start, start + length), sequence) === bytes.readUInt32BE(at + 4) ? length : undefined;
}

/** What stands where a record should: `at` is behind the last whole one, and `bytes` goes to the end of the file. */
export function endOf(bytes: Buffer, at: number, next: number): RunEnd {
  const rest = bytes.subarray(at);
  if (rest.length === 0) return 'end';
  if (rest.length === sealLength && rest.equals(sealFor(next))) return 'sealed';
  if (rest.length <= recordHeaderLength) return 'torn';
  // A crash leaves a beginning, never a whole record behind a broken one: who cut that would cut what was acknowledged.
  if (recordFollows(rest)) return 'damaged';
  if (rest.includes(unwritten)) return 'torn';
  const payload = rest.subarray(recordHeaderLength);
  // All of a record is there and only its length or checksum is wrong: no crash does that.
  if (isWholeEvent(payload) || isWholeEvent(payload.subarray(0, -sealLength))) return 'damaged';
  return rest.readUInt32BE(0) > payload.length ? 'torn' : 'damaged';
}

/** Blocks that the file system added to a file but never filled. Canonical JSON holds no NUL. */
const unwritten = Buffer.alloc(16);

function isWholeEvent(bytes: Buffer): boolean {
  return sequenceOf(bytes) !== undefined;
}

function sequenceOf(bytes: Buffer): number | undefined {
  if (bytes[0] !== 0x7b) return undefined;
  try {
    const event: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof event !== 'object' || event === null || !('metadata' in event)) return undefined;
    const { metadata } = event;
    return typeof metadata === 'object' && metadata !== null && 'sequence' in metadata && typeof metadata.sequence === 'number' ? metadata.sequence : undefined;
  } catch {
    return undefined;
  }
}

/** Is there a whole record anywhere behind the first byte? Its length begins with two zero bytes, which no record holds. */
function recordFollows(rest: Buffer): boolean {
  for (let at = rest.indexOf(0, 1); at !== -1 && at + recordHeaderLength < rest.length; at = rest.indexOf(0, at + 1)) {
    const length = rest.readUInt32BE(at);
    const start = at + recordHeaderLength;
    if (length < 2 || length > mostRecordBytes || start + length > rest.length) continue;
    const bytes = rest.subarray(start, start + length);
    const sequence = sequenceOf(bytes);
    if (sequence !== undefined && recordCrc(bytes, sequence) === rest.readUInt32BE(at + 4)) return true;
  }
  return false;
}
