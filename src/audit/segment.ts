import { join } from 'node:path';
import type { Files } from './files.ts';
import { headerLength, type SegmentName, segmentHeader, segmentName, segmentsAmong } from './wal-format.ts';

/** The file that is written to. */
export class Segment {
  readonly path: string;
  readonly #files: Files;
  readonly #file: number;
  #syncing = false;
  #closing = false;
  /** Where the next byte goes. */
  position: number;

  constructor(files: Files, path: string, file: number, position: number) {
    this.#files = files;
    this.path = path;
    this.#file = file;
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

/** A new segment, with its header written; its name is durable after `syncFolder`. Leaves nothing behind when it throws. */
export function createSegment(files: Files, folder: string, writer: string, first: number): Segment {
  const again = segmentsAmong(files.list(folder)).filter((name) => name.first === first).reduce((most, name) => Math.max(most, name.again + 1), 0);
  const path = join(folder, segmentName(first, again).file);
  const segment = new Segment(files, path, files.create(path), 0);
  try {
    segment.write(segmentHeader({ writer, first }), 0, headerLength);
    return segment;
  } catch (error) {
    discard(files, segment);
    throw error;
  }
}

/** For a segment that holds nothing which is not elsewhere too. */
export function discard(files: Files, segment: Segment): void {
  segment.close();
  try {
    files.remove(segment.path);
  } catch {
    // Recovery ignores a segment that says nothing new.
  }
}

/** To write on behind a seal: `position` is where the seal begins. */
export function resumeSegment(files: Files, folder: string, name: SegmentName, position: number): Segment {
  const path = join(folder, name.file);
  return new Segment(files, path, files.open(path), position);
}
