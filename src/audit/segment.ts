import { join } from 'node:path';
import type { Files } from './files.ts';
import { headerLength, sealFor, sealLength, type SegmentName, segmentHeader, segmentName, segmentsAmong } from './wal-format.ts';

/** Below so many bytes no room is taken ahead: commands that write a record or two leave small files. */
const smallBytes = 16 * 1024;
/** Room that is taken at a time, at most. */
const mostRoom = 1024 * 1024;

/**
 * The file that is written to. Room is taken ahead of what is written, as zeros: a sync of bytes in a file that stays as long as it was need not go
 * through the file system's journal, which takes as long again and holds up everybody else's syncs.
 */
export class Segment {
  readonly path: string;
  readonly #files: Files;
  readonly #file: number;
  readonly #began: number;
  #syncing = false;
  #closing = false;
  /** The file is so long at least. */
  #room: number;
  #takesRoom = true;
  /** Where the next byte goes. */
  position: number;

  /** `size`: of the file. */
  constructor(files: Files, path: string, file: number, position: number, size: number) {
    this.#files = files;
    this.path = path;
    this.#file = file;
    this.#began = position;
    this.#room = size;
    this.position = position;
  }

  /** Writes all of `[start, end)`. Throws when it cannot; what is behind `position` then is not to be read. */
  write(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end;) {
      const written = this.#files.write(this.#file, bytes, at, end - at, this.position);
      if (written <= 0) throw new Error('the disk took no bytes');
      at += written;
      this.position += written;
    }
    if (this.position > this.#room) this.#takeRoom();
  }

  /** As much as was written so far. Without it the file only grows more often: a disk that is full says so when records are written. */
  #takeRoom(): void {
    this.#room = this.position;
    const taken = this.position - this.#began;
    if (!this.#takesRoom || taken < smallBytes) return;
    try {
      this.#room += this.#files.write(this.#file, zeros, 0, Math.min(taken, mostRoom), this.position);
    } catch {
      this.#takesRoom = false;
    }
  }

  /** Ends the file behind a seal, durably. Throws. */
  seal(next: number): void {
    this.write(sealFor(next), 0, sealLength);
    if (this.#room > this.position) this.#files.truncate(this.#file, this.position);
    this.syncNow();
  }

  get syncing(): boolean { return this.#syncing; }

  sync(done: (error: Error | null) => void): void {
    this.#syncing = true;
    this.#files.datasync(this.#file, (error) => {
      this.#syncing = false;
      if (this.#closing) this.#close();
      done(error);
    });
  }

  syncNow(): void { this.#files.datasyncNow(this.#file); }

  /** After a sync that is under way, which must not meet a file number that is another's by then. Never throws. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (!this.#syncing) this.#close();
  }

  #close(): void {
    try {
      this.#files.close(this.#file);
    } catch {
      // Whatever it says, the number is free, and nothing that was not synced is counted as safe.
    }
  }
}

const zeros = Buffer.alloc(mostRoom);

/** Where a writer's segments are. */
export interface SegmentPlace {
  readonly files: Files;
  readonly folder: string;
  readonly writer: string;
}

/** A new segment: its header, what `fill` writes into it, and its name are durable. Leaves nothing behind when it throws. */
export function beginSegment({ files, folder, writer }: SegmentPlace, first: number, fill: (segment: Segment) => void = () => {}): Segment {
  const again = segmentsAmong(files.list(folder)).filter((name) => name.first === first).reduce((most, name) => Math.max(most, name.again + 1), 0);
  const path = join(folder, segmentName(first, again).file);
  const segment = new Segment(files, path, files.create(path), 0, 0);
  try {
    segment.write(segmentHeader({ writer, first }), 0, headerLength);
    fill(segment);
    segment.syncNow();
    files.syncFolder(folder);
    return segment;
  } catch (error) {
    discard(files, segment);
    throw error;
  }
}

function discard(files: Files, segment: Segment): void {
  segment.close();
  try {
    files.remove(segment.path);
  } catch {
    // Recovery ignores a segment that says nothing new.
  }
}

/** To write on behind a seal: `position` is where the seal begins, and `size` the file's. */
export function resumeSegment({ files, folder }: SegmentPlace, { name, position, size }: { readonly name: SegmentName; readonly position: number; readonly size: number }): Segment {
  const path = join(folder, name.file);
  return new Segment(files, path, files.open(path), position, size);
}
