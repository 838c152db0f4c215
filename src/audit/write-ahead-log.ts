import { type AuditHealth, type AuditLog, AuditUnavailable, type DecisionTemplate, type Sequence } from '../core/audit-log.ts';
import type { AuditEvent, DecisionEvent, OutcomeEvent } from '../core/event.ts';
import { mendOf, messageOf } from './disk-error.ts';
import type { Origin } from './ocsf/base.ts';
import { RecordQueue } from './record-queue.ts';
import type { Segment, SegmentPlace } from './segment.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { Random } from './template.ts';
import { Waiters } from './waiters.ts';

/** What is written is synced, and what is queued is written, so soon at the latest. Half of the 100 ms that are promised (DESIGN promise 4). */
const syncWithinMs = 50;
/** A log that failed tries again so often. */
const retryMs = 1000;

export interface LogParts {
  /** Locked. */
  readonly place: SegmentPlace;
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
  readonly #writer: SegmentWriter;
  #failure: AuditUnavailable | undefined;
  #closed = false;
  /** Outcomes that were dropped, and decisions and events that were refused, since recording failed. */
  #missed = 0;
  #ticking = false;
  #syncAsked = false;
  #timer: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(parts: LogParts) {
    this.#parts = parts;
    this.#queue = new RecordQueue(parts.origin, parts.clock, parts.random, parts.next);
    this.#writer = new SegmentWriter({ ...parts, queue: this.#queue, waiters: this.#waiters });
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
    if (this.#writer.written === this.#queue.next - 1) return;
    try {
      this.#writer.write();
    } catch (error) {
      this.#broke(error);
    }
  }

  durable(sequence: Sequence): Promise<void> {
    if (sequence <= this.#writer.durable) return alreadyDurable;
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
    return { ok: true, written: this.#writer.written, durable: this.#writer.durable };
  }

  /** For metrics: milliseconds since all was durable, records and bytes that are not. */
  get backlog(): { readonly lag: number; readonly queue: number; readonly walBytes: number } {
    const queue = this.#queue.next - 1 - this.#writer.durable;
    if (queue === 0) this.#writer.caughtUpAt = performance.now();
    return { lag: queue === 0 ? 0 : performance.now() - this.#writer.caughtUpAt, queue, walBytes: this.#writer.position };
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
      this.#writer.seal();
    } catch (error) {
      const failure = error instanceof AuditUnavailable ? error : unavailable(error, this.#parts.place.folder);
      this.#failure = failure;
      this.#waiters.reject(failure);
      throw failure;
    } finally {
      this.#closed = true;
      this.#writer.giveUp();
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
        `send fewer commands at a time, or give \`${this.#parts.place.folder}\` a faster disk; this passes as soon as the disk has caught up`,
      );
    }
  }

  #record(event: AuditEvent): Sequence {
    const sequence = this.#queue.event(event);
    this.#tick();
    return sequence;
  }

  // --- writing and syncing

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
    if (this.#syncAsked || this.#writer.syncing) return;
    this.#syncAsked = true;
    setImmediate(() => {
      this.#syncAsked = false;
      this.#sync();
    });
  }

  #sync(): void {
    if (this.#failure !== undefined || this.#closed || this.#writer.syncing) return;
    try {
      this.flush();
      if (this.#writer.durable === this.#writer.written) return;
      this.#writer.sync((error) => { this.#synced(error); });
    } catch (error) {
      // Of `flush`: whoever waits was told. Of the sync itself: it could not even begin.
      if (!(error instanceof AuditUnavailable)) this.#brokeQuietly(error);
    }
  }

  #synced(error: Error | null): void {
    if (error !== null && !this.#closed) this.#brokeQuietly(error);
    if (this.#waiters.any) this.#sync();
    else if (this.#writer.durable < this.#queue.next - 1 && !this.#closed && this.#failure === undefined) this.#tick();
  }

  // --- when the disk fails

  /** The segment failed. Returns when another has all that it owed, durably; else the log is failed and this throws. */
  #broke(error: unknown): void {
    this.#writer.giveUp();
    this.#record({ type: 'recording-failed', error: messageOf(error) });
    try {
      this.#writer.restart();
    } catch (again) {
      this.#fail(again);
      throw this.#refusal(this.#failure ?? unavailable(again, this.#parts.place.folder));
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

  #fail(error: unknown): void {
    this.#failure = unavailable(error, this.#parts.place.folder);
    this.#waiters.reject(this.#failure);
    this.#parts.onHealth(this.health);
    this.#retryLater();
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      try {
        this.#again();
      } catch (error) {
        this.#failure = unavailable(error, this.#parts.place.folder);
        this.#retryLater();
      }
    }, retryMs);
    this.#retry.unref();
  }

  #again(): void {
    this.#writer.restart();
    this.#failure = undefined;
    this.#recovered();
  }

  #recovered(): void {
    const missed = this.#missed;
    this.#missed = 0;
    this.#record({ type: 'recording-recovered', missed, detail: `recording goes on in \`${this.#writer.path}\`; what was not durable was written again` });
    this.#parts.onHealth(this.health);
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
