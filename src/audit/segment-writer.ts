import type { Sequence } from '../core/audit-log.ts';
import type { RecordQueue } from './record-queue.ts';
import { beginSegment, type Segment, type SegmentPlace } from './segment.ts';
import type { Waiters } from './waiters.ts';

export interface SegmentWriterParts {
  readonly place: SegmentPlace;
  /** A segment that is longer is followed by another. */
  readonly segmentBytes: number;
  readonly segment: Segment;
  /** Of the next record; all before it is durable. */
  readonly next: Sequence;
  readonly queue: RecordQueue;
  readonly waiters: Waiters;
}

/** Puts what is queued into segments, one after the other, and knows how far it has come. Decides nothing about failures: it throws. */
export class SegmentWriter {
  readonly #parts: SegmentWriterParts;
  #segment: Segment;
  /** How often all was made durable at once: a sync that began before has nothing to say any more. */
  #clearings = 0;
  written: Sequence;
  durable: Sequence;
  /** When all that was queued was last known to be durable (performance.now()). */
  caughtUpAt: number;

  constructor(parts: SegmentWriterParts) {
    this.#parts = parts;
    this.#segment = parts.segment;
    this.caughtUpAt = performance.now();
    this.written = parts.next - 1;
    this.durable = parts.next - 1;
  }

  get path(): string { return this.#segment.path; }
  get position(): number { return this.#segment.position; }
  get syncing(): boolean { return this.#segment.syncing; }

  /** Writes all that is queued. Throws; then `restart`. */
  write(): void {
    const { queue, segmentBytes } = this.#parts;
    for (const chunk of queue.backlog.chunks) {
      if (chunk.written === chunk.end) continue;
      this.#segment.write(chunk.bytes, chunk.written, chunk.end);
      chunk.written = chunk.end;
    }
    this.written = queue.next - 1;
    if (this.#segment.position > segmentBytes) this.#rotate();
  }

  /** Only when all is written: what is queued may need the forms of the segment. */
  #rotate(): void {
    const { place, queue } = this.#parts;
    const old = this.#segment;
    old.seal(this.written + 1);
    this.#allDurable();
    this.#segment = beginSegment(place, this.written + 1);
    queue.beginRun();
    old.close();
  }

  /** Makes what is written durable. `done` gets no error when that was done meanwhile by other means, such as in another file. Throws when it cannot begin. */
  sync(done: (error: Error | null) => void): void {
    const { queue, waiters } = this.#parts;
    const mark = queue.backlog.mark();
    const upTo = this.written;
    const clearings = this.#clearings;
    this.#segment.sync((error) => {
      if (clearings !== this.#clearings) {
        done(null);
        return;
      }
      if (error === null) {
        this.durable = upTo;
        this.caughtUpAt = performance.now();
        queue.backlog.synced(mark);
        waiters.resolve(upTo);
      }
      done(error);
    });
  }

  /** The segment failed and is written to no more. */
  giveUp(): void { this.#segment.close(); }

  /** Writes all that is not durable into a new segment, with the forms that it may need, and makes it so. Throws when that fails too; then nothing has changed. */
  restart(): void {
    const { place, queue } = this.#parts;
    this.#segment = beginSegment(place, this.durable + 1, (segment) => {
      for (const form of queue.forms) segment.write(form, 0, form.length);
      for (const chunk of queue.backlog.chunks) segment.write(chunk.bytes, chunk.synced, chunk.end);
    });
    this.#allDurable();
  }

  /** Ends the log in good order. Throws. */
  seal(): void {
    this.#segment.seal(this.#parts.queue.next);
    this.#allDurable();
  }

  #allDurable(): void {
    const { queue, waiters } = this.#parts;
    this.#clearings++;
    queue.backlog.clear();
    this.written = queue.next - 1;
    this.durable = this.written;
    waiters.resolve(this.durable);
  }
}
