import { type AuditHealth, type AuditLog, AuditUnavailable, type DecisionTemplate, type Sequence } from '../core/audit-log.ts';
import type { AuditEvent, DecisionEvent, OutcomeEvent } from '../core/event.ts';
import { mendOf, messageOf } from './disk-error.ts';
import type { Files } from './files.ts';
import type { Origin } from './ocsf/base.ts';
import { RecordQueue } from './record-queue.ts';
import { createSegment, discard, type Segment } from './segment.ts';
import type { Random } from './template.ts';
import { Waiters } from './waiters.ts';

/** What is written is synced, and what is queued is written, so soon at the latest. Half of the 100 ms that are promised (DESIGN promise 4). */
const syncWithinMs = 50;
/** A log that failed tries again so often. */
const retryMs = 1000;

export interface LogParts {
  readonly files: Files;
  /** Of this writer's segments; locked. */
  readonly folder: string;
  readonly release: () => void;
  readonly origin: Origin;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly random: Random;
  /** A segment that is longer is followed by another. */
  readonly segmentBytes: number;
  /** Above so many bytes that are not durable, decisions and events are refused; outcomes at twice that. */
  readonly mostUnsynced: number;
  readonly onHealth: (health: AuditHealth) => void;
  readonly segment: Segment;
  /** Of the next record; all before it is durable. */
  readonly next: Sequence;
}

/** The write-ahead file of one writer (format: wal-format.ts). `openAuditLog` makes it. */
export class WriteAheadLog implements AuditLog {
  readonly #parts: LogParts;
  readonly #queue: RecordQueue;
  readonly #waiters = new Waiters();
  #segment: Segment;
  #written: Sequence;
  #durable: Sequence;
  #failure: AuditUnavailable | undefined;
  #closed = false;
  /** Outcomes that were dropped, and decisions and events that were refused, since recording failed. */
  #missed = 0;
  /** When all that was queued was last known to be durable (performance.now()). */
  #caughtUpAt: number;
  #ticking = false;
  #syncAsked = false;
  #timer: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(parts: LogParts) {
    this.#parts = parts;
    this.#segment = parts.segment;
    this.#queue = new RecordQueue(parts.origin, parts.clock, parts.random, parts.next);
    this.#caughtUpAt = performance.now();
    this.#written = parts.next - 1;
    this.#durable = parts.next - 1;
  }

  template(event: DecisionEvent): DecisionTemplate {
    return this.#queue.template(event);
  }

  decision(template: DecisionTemplate, time?: number): Sequence {
    this.#admit();
    const sequence = this.#queue.decision(template, time);
    this.#tick();
    return sequence;
  }

  outcome(of: Sequence, template: DecisionTemplate, outcome: OutcomeEvent, time?: number): void {
    if (this.#failure !== undefined || this.#closed || this.unsynced > 2 * this.#parts.mostUnsynced) {
      this.#missed++;
      return;
    }
    this.#queue.outcome(of, template, outcome, time);
    this.#tick();
  }

  event(event: AuditEvent): Sequence {
    this.#admit();
    return this.#record(event);
  }

  flush(): void {
    if (this.#failure !== undefined) throw this.#refusal(this.#failure);
    if (this.#written === this.#queue.next - 1) return;
    try {
      this.#writeOut(this.#segment);
      this.#written = this.#queue.next - 1;
      if (this.#segment.position > this.#parts.segmentBytes) this.#rotate();
    } catch (error) {
      this.#broke(error);
    }
  }

  durable(sequence: Sequence): Promise<void> {
    if (sequence <= this.#durable) return alreadyDurable;
    if (this.#failure !== undefined || this.#closed) return Promise.reject(this.#refusal(this.#failure ?? closedLog()));
    if (sequence >= this.#queue.next) return Promise.reject(new RangeError(`record ${sequence} was never queued; the last is ${this.#queue.next - 1}`));
    this.#askSync();
    return this.#waiters.wait(sequence);
  }

  async append(event: AuditEvent): Promise<Sequence> {
    const sequence = this.event(event);
    await this.durable(sequence);
    return sequence;
  }

  /** The id by which people name a record: `writer/sequence`. The reader finds it by that, or by its uid. */
  reference(sequence: Sequence): string {
    return `${this.#parts.origin.writer}/${sequence}`;
  }

  get health(): AuditHealth {
    if (this.#closed) return { ok: false, error: closedLog().message, mend: closedLog().mend };
    if (this.#failure !== undefined) return { ok: false, error: this.#failure.message, mend: this.#failure.mend };
    return { ok: true, written: this.#written, durable: this.#durable };
  }

  /** For metrics: milliseconds since all was durable, records and bytes that are not. */
  get backlog(): { readonly lag: number; readonly queue: number; readonly walBytes: number } {
    const queue = this.#queue.next - 1 - this.#durable;
    if (queue === 0) this.#caughtUpAt = performance.now();
    return { lag: queue === 0 ? 0 : performance.now() - this.#caughtUpAt, queue, walBytes: this.#segment.position };
  }

  /** Bytes that wait to be durable. */
  get unsynced(): number { return this.#queue.backlog.size; }

  /** Writes, syncs and seals. Rejects with `AuditUnavailable` when what was queued could not be made durable; the log is closed all the same. */
  // oxlint-disable-next-line typescript/require-await -- a rejection, not a throw, is what callers of a promise expect
  async close(): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    try {
      if (this.#failure !== undefined) this.#again();
      this.flush();
      this.#segment.seal(this.#queue.next);
      this.#allDurable();
    } catch (error) {
      const failure = error instanceof AuditUnavailable ? error : unavailable(error, this.#parts.folder);
      this.#failure = failure;
      this.#waiters.reject(failure);
      throw failure;
    } finally {
      this.#closed = true;
      this.#segment.close();
      this.#parts.release();
    }
  }

  /** Throws unless decisions and events are taken now. */
  #admit(): void {
    if (this.#failure !== undefined || this.#closed) {
      this.#missed++;
      throw this.#refusal(this.#failure ?? closedLog());
    }
    if (this.#queue.backlog.size > this.#parts.mostUnsynced) {
      this.#missed++;
      this.#askSync();
      throw new AuditUnavailable(
        `the disk of the audit log is behind: ${this.#queue.backlog.size} bytes wait to be made durable`,
        `send fewer commands at a time, or give \`${this.#parts.folder}\` a faster disk; this passes as soon as the disk has caught up`,
      );
    }
  }

  #record(event: AuditEvent): Sequence {
    const sequence = this.#queue.event(event);
    this.#tick();
    return sequence;
  }

  // --- writing and syncing

  #writeOut(segment: Segment): void {
    for (const chunk of this.#queue.backlog.chunks) {
      if (chunk.written === chunk.end) continue;
      segment.write(chunk.bytes, chunk.written, chunk.end);
      chunk.written = chunk.end;
    }
  }

  /** While there is anything that is not durable, something will make it so. */
  #tick(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    this.#timer = setTimeout(() => {
      this.#ticking = false;
      this.#sync();
    }, syncWithinMs);
    this.#timer.unref();
  }

  /** At the end of this turn of the event loop, so that all who ask in it share one sync. */
  #askSync(): void {
    if (this.#syncAsked || this.#segment.syncing) return;
    this.#syncAsked = true;
    setImmediate(() => {
      this.#syncAsked = false;
      this.#sync();
    });
  }

  #sync(): void {
    if (this.#failure !== undefined || this.#closed || this.#segment.syncing) return;
    try {
      this.flush();
      if (this.#durable === this.#written) return;
      this.#startSync(this.#segment);
    } catch (error) {
      // Of `flush`: whoever waits was told. Of the sync itself: it could not even begin.
      if (!(error instanceof AuditUnavailable)) this.#brokeQuietly(error);
    }
  }

  #startSync(segment: Segment): void {
    const mark = this.#queue.backlog.mark();
    const upTo = this.#written;
    segment.sync((error) => {
      // Another file took this one's place meanwhile, and with it all that this sync was for.
      if (segment === this.#segment && !this.#closed) {
        if (error === null) {
          this.#durable = upTo;
          this.#caughtUpAt = performance.now();
          this.#queue.backlog.synced(mark);
          this.#waiters.resolve(this.#durable);
        } else {
          this.#brokeQuietly(error);
        }
      }
      if (this.#waiters.any) this.#sync();
      else if (this.#durable < this.#queue.next - 1 && !this.#closed && this.#failure === undefined) this.#tick();
    });
  }

  /** Only when all is written: what is queued may need the forms of the segment. */
  #rotate(): void {
    const old = this.#segment;
    old.seal(this.#written + 1);
    this.#allDurable();
    const segment = createSegment(this.#parts.files, this.#parts.folder, this.#parts.origin.writer, this.#written + 1);
    try {
      segment.syncNow();
      this.#parts.files.syncFolder(this.#parts.folder);
    } catch (error) {
      discard(this.#parts.files, segment);
      throw error;
    }
    this.#segment = segment;
    this.#queue.beginRun();
    old.close();
  }

  // --- when the disk fails

  /** The segment failed. Returns when another has all that it owed, durably; else the log is failed and this throws. */
  #broke(error: unknown): void {
    this.#segment.close();
    this.#record({ type: 'recording-failed', error: messageOf(error) });
    try {
      this.#restart();
    } catch (again) {
      this.#fail(again);
      throw this.#refusal(this.#failure ?? unavailable(again, this.#parts.folder));
    }
    this.#recovered();
  }

  #brokeQuietly(error: unknown): void {
    try {
      this.#broke(error);
    } catch {
      // Whoever waits was told, and whoever asks is told.
    }
  }

  /** Writes all that is not durable into a new segment, with the forms that it may need, and makes it so. Throws when that fails too; then nothing has changed. */
  #restart(): void {
    const { files, folder, origin } = this.#parts;
    const segment = createSegment(files, folder, origin.writer, this.#durable + 1);
    try {
      for (const form of this.#queue.forms) segment.write(form, 0, form.length);
      for (const chunk of this.#queue.backlog.chunks) segment.write(chunk.bytes, chunk.synced, chunk.end);
      segment.syncNow();
      files.syncFolder(folder);
    } catch (error) {
      discard(files, segment);
      throw error;
    }
    this.#segment = segment;
    this.#allDurable();
  }

  #fail(error: unknown): void {
    this.#failure = unavailable(error, this.#parts.folder);
    this.#waiters.reject(this.#failure);
    this.#parts.onHealth(this.health);
    this.#retryLater();
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      try {
        this.#again();
      } catch (error) {
        this.#failure = unavailable(error, this.#parts.folder);
        this.#retryLater();
      }
    }, retryMs);
    this.#retry.unref();
  }

  #again(): void {
    this.#restart();
    this.#failure = undefined;
    this.#recovered();
  }

  #recovered(): void {
    const missed = this.#missed;
    this.#missed = 0;
    this.#record({ type: 'recording-recovered', missed, detail: `recording goes on in \`${this.#segment.path}\`; what was not durable was written again` });
    this.#parts.onHealth(this.health);
  }

  #allDurable(): void {
    this.#queue.backlog.clear();
    this.#written = this.#queue.next - 1;
    this.#durable = this.#written;
    this.#waiters.resolve(this.#durable);
  }

  /** An error of its own for each who is told: they may add to it. */
  #refusal(failure: AuditUnavailable): AuditUnavailable {
    return new AuditUnavailable(failure.message, failure.mend);
  }
}

const alreadyDurable = Promise.resolve();

function closedLog(): AuditUnavailable {
  return new AuditUnavailable('the audit log is closed', 'start the gateway again');
}

function unavailable(error: unknown, folder: string): AuditUnavailable {
  return new AuditUnavailable(`the audit log cannot be written: ${messageOf(error)}`, mendOf(error, folder));
}
