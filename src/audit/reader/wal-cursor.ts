import * as fs from 'node:fs';
import { join } from 'node:path';
import { readAt } from '../files.ts';
import { endOf, FrameReader } from '../segment-scan.ts';
import { frameHeaderLength, headerLength, mostRecordBytes, readHeader, type SegmentName, segmentsAmong } from '../wal-format.ts';

/** A stored record: its place, and its bytes exactly as they were hashed or will be. */
export interface StoredBytes { readonly writer: string; readonly sequence: number; readonly bytes: Buffer }

/** The log holds something that its writer did not write, or lacks something that it did. */
export class LogDamaged extends Error {
  override readonly name = 'LogDamaged';
}

/** At least one record. */
const stepBytes = 1024 * 1024;

/**
 * Reads one writer's records in order, each once, while the writer goes on writing, also over its failures and restarts. Each record is checked.
 * Holds one file open; `close` it.
 */
export class WalCursor {
  readonly #folder: string;
  readonly #writer: string;
  #segment: SegmentName | undefined;
  #file = -1;
  #frames = new FrameReader();
  #offset = 0;
  /** Sequence of the record at `#offset`. */
  #at = 0;
  /** Of the next record to hand out; 0 before the first. */
  #next = 0;

  constructor(folder: string, writer: string) {
    this.#folder = folder;
    this.#writer = writer;
  }

  /** Begins at the segment `name` in place of the oldest. Before the first `read` only. */
  begin(name: SegmentName): void { this.#open(name); }

  /** The records behind those of the last call, about a megabyte of them; none when there are none now. Throws `LogDamaged`. */
  read(): StoredBytes[] {
    while (true) {
      // Listed before reading: what a writer left behind is whole by the time that its next segment has a name.
      const segments = this.#segments();
      if (this.#segment === undefined) {
        const [first] = segments;
        if (first === undefined || !this.#open(first)) return [];
      }
      const records = this.#step();
      if (records.length > 0) return records;
      const following = segments.filter((name) => isAfter(name, this.#segment));
      if (following.length === 0) {
        this.#checkEnd();
        return [];
      }
      const next = following.find((name) => name.first <= this.#at);
      if (next === undefined) throw this.#damaged(`records ${this.#at} to ${(following[0]?.first ?? 0) - 1} are missing or damaged`);
      if (!this.#open(next)) return [];
    }
  }

  close(): void {
    if (this.#file !== -1) fs.closeSync(this.#file);
    this.#file = -1;
  }

  #segments(): SegmentName[] {
    try {
      return segmentsAmong(fs.readdirSync(this.#folder));
    } catch {
      return [];
    }
  }

  /** False when its header is not there yet: it was just made. */
  #open(name: SegmentName): boolean {
    const file = fs.openSync(join(this.#folder, name.file), 'r');
    const header = readHeader(readAt(file, 0, headerLength));
    if (header === undefined || header.first !== name.first) {
      const { size } = fs.fstatSync(file);
      fs.closeSync(file);
      if (size > headerLength) throw new LogDamaged(`\`${join(this.#folder, name.file)}\` has no right header`);
      return this.#skip(name);
    }
    this.close();
    this.#file = file;
    this.#frames = new FrameReader();
    this.#segment = name;
    this.#offset = headerLength;
    this.#at = header.first;
    if (this.#next === 0) this.#next = header.first;
    return true;
  }

  /** A crash left it empty, when another came after it. */
  #skip(name: SegmentName): boolean {
    const next = this.#segments().find((other) => isAfter(other, name) && (this.#segment === undefined || other.first <= this.#at));
    return next !== undefined && this.#open(next);
  }

  #step(): StoredBytes[] {
    const records: StoredBytes[] = [];
    while (true) {
      const bytes = readAt(this.#file, this.#offset, stepBytes);
      let at = 0;
      for (let frame = this.#frames.frameAt(bytes, at, this.#at); frame !== undefined; frame = this.#frames.frameAt(bytes, at, this.#at)) {
        at = frame.end;
        if (frame.record === undefined) continue;
        if (this.#at >= this.#next) {
          records.push({ writer: this.#writer, sequence: this.#at, bytes: frame.record() });
          this.#next = this.#at + 1;
        }
        this.#at++;
      }
      this.#offset += at;
      // Nothing but records that an earlier segment had too: go on to the new ones.
      if (records.length > 0 || at === 0) return records;
    }
  }

  #checkEnd(): void {
    const { size } = fs.fstatSync(this.#file);
    const rest = readAt(this.#file, this.#offset, Math.min(size - this.#offset, 4 * (mostRecordBytes + frameHeaderLength)));
    if (endOf(rest, 0, this.#at) === 'damaged') throw this.#damaged(`record ${this.#at} is not as it was written`);
  }

  #damaged(what: string): LogDamaged {
    return new LogDamaged(`the log is damaged in \`${join(this.#folder, this.#segment?.file ?? '')}\` at byte ${this.#offset}: ${what}`);
  }
}

function isAfter(name: SegmentName, than: SegmentName | undefined): boolean {
  return than !== undefined && (name.first > than.first || (name.first === than.first && name.again > than.again));
}
