import { formNumber, isWholeByForm, type ReadForm, readForm, recordByForm, sequenceByForm } from './form.ts';
import { frameCrc, frameHeaderLength, frameKind, mostRecordBytes, sealFor, sealLength } from './wal-format.ts';

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

/** Reads the records of `bytes` from `offset` on, of which the first must be `first`; `each` gets their own bytes, as they were hashed or will be. */
export function scanRecords(bytes: Buffer, offset: number, first: number, each: (record: Buffer, sequence: number) => void): Run {
  const reader = new FrameReader();
  let at = offset;
  let next = first;
  for (let frame = reader.frameAt(bytes, at, next); frame !== undefined; frame = reader.frameAt(bytes, at, next)) {
    if (frame.record !== undefined) each(frame.record(), next++);
    at = frame.end;
  }
  return { next, length: at, end: endOf(bytes, at, next) };
}

/** `record`: undefined of a form; a function, since who only checks needs no bytes. */
export interface ReadFrame { readonly end: number; readonly record: (() => Buffer) | undefined }

/** Reads the frames of one segment, from its first on. */
export class FrameReader {
  readonly #forms = new Map<number, ReadForm>();

  /** The whole, right frame that begins there, and is or precedes the record `sequence`; undefined when none does. */
  frameAt(bytes: Buffer, at: number, sequence: number): ReadFrame | undefined {
    if (bytes.length - at < frameHeaderLength) return undefined;
    const end = at + frameHeaderLength + bytes.readUIntBE(at + 1, 3);
    if (end > bytes.length) return undefined;
    const payload = bytes.subarray(at + frameHeaderLength, end);
    const checked = (seed: number): boolean => frameCrc(bytes, at, end, seed) === bytes.readUInt32BE(at + 4);
    switch (bytes[at] ?? 0) {
      case frameKind.record: return payload.length >= 2 && payload.length <= mostRecordBytes && checked(sequence) ? { end, record: () => payload } : undefined;
      case frameKind.form: {
        const form = readForm(payload);
        if (form === undefined || !checked(form.number)) return undefined;
        this.#forms.set(form.number, form);
        return { end, record: undefined };
      }
      case frameKind.byForm: {
        if (!isWholeByForm(payload) || !checked(sequence)) return undefined;
        const form = this.#forms.get(formNumber(payload));
        const record = form === undefined ? undefined : recordByForm(payload, sequence, form);
        return record === undefined ? undefined : { end, record: () => record };
      }
      default: return undefined;
    }
  }
}

/** What stands where a frame should: `at` is behind the last whole one, and `bytes` goes to the end of the file. */
export function endOf(bytes: Buffer, at: number, next: number): RunEnd {
  const rest = withoutZeros(bytes.subarray(at));
  if (rest.length === 0) return 'end';
  const seal = sealFor(next);
  if (bytes.subarray(at, at + sealLength).equals(seal) && rest.length <= sealLength) return 'sealed';
  if (rest.length <= frameHeaderLength) return 'torn';
  // A crash leaves a beginning, never a whole record behind a broken one: who cut that would cut what was acknowledged.
  if (recordFollows(rest)) return 'damaged';
  if (rest.includes(unwritten)) return 'torn';
  const payload = rest.subarray(frameHeaderLength);
  // All of a record is there and only its frame or checksum is wrong: no crash does that.
  if (isWhole(payload, next) || isWhole(payload.subarray(0, -sealLength), next)) return 'damaged';
  return rest.readUIntBE(1, 3) > payload.length ? 'torn' : 'damaged';
}

/** Up to the last byte that was written; room that was taken ahead is zero. */
function withoutZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

/** Blocks in the middle that were never filled. Canonical JSON holds no NUL, and a record by a form not so many. */
const unwritten = Buffer.alloc(32);

function isWhole(payload: Buffer, next: number): boolean {
  return sequenceOf(payload) !== undefined || readForm(payload) !== undefined || (isWholeByForm(payload) && sequenceByForm(payload) === next % 0x1_0000_0000);
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

/** Is there a whole record anywhere behind the first byte? The length in its frame begins with a zero byte. */
function recordFollows(rest: Buffer): boolean {
  for (let zero = rest.indexOf(0, 2); zero !== -1 && zero + frameHeaderLength - 1 < rest.length; zero = rest.indexOf(0, zero + 1)) {
    const at = zero - 1;
    const kind = rest[at];
    const end = at + frameHeaderLength + rest.readUIntBE(at + 1, 3);
    if ((kind !== frameKind.record && kind !== frameKind.byForm) || end > rest.length) continue;
    const payload = rest.subarray(at + frameHeaderLength, end);
    const sequence = kind === frameKind.record ? sequenceOf(payload) : isWholeByForm(payload) ? sequenceByForm(payload) : undefined;
    if (sequence !== undefined && frameCrc(rest, at, end, sequence) === rest.readUInt32BE(at + 4)) return true;
  }
  return false;
}
