import { type AuditHealth, type AuditLog, AuditUnavailable, type DecisionTemplate, type Sequence } from '../core/audit-log.ts';
import type { AuditEvent, DecisionEvent, OutcomeEvent } from '../core/event.ts';
import { Backlog, type Chunk } from './backlog.ts';
import { crcEnd, crcStart } from './crc.ts';
import { mendOf, messageOf } from './disk-error.ts';
import type { Files } from './files.ts';
import { countOf, type Origin } from './ocsf/base.ts';
import { outcomeText, recordText } from './ocsf/record.ts';
import { createSegment, discard, type Segment } from './segment.ts';
import { RecordIds, RecordPen } from './stamp.ts';
import { type Random, RecordTemplate, room, writeOutcome } from './template.ts';
import { mostRecordBytes, recordCrc, recordHeaderLength, sealFor, sealLength } from './wal-format.ts';

/** What is written is synced, and what is queued is written, so soon at the latest. Half of the 100 ms that are promised (DESIGN promise 4). */
const syncWithinMs = 50;
/** A log that failed tries again so often. */
const retryMs = 1000;
/** Permitted commands whose outcome is awaited: times of their decisions, for the outcome's reference. One that is forgotten is referred to by sequence alone. */
const mostPending = 1 << 17;

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

interface Waiter { readonly sequence: Sequence; readonly resolve: () => void; readonly reject: (error: AuditUnavailable) => void }

/** The write-ahead file of one writer (format: wal-format.ts). `openAuditLog` makes it. */
export class WriteAheadLog implements AuditLog {
  readonly #parts: LogParts;
  readonly #backlog = new Backlog();
  readonly #ids: RecordIds;
  readonly #pen: RecordPen;
  readonly #pending = new Map<Sequence, number>();
  #segment: Segment;
  #next: Sequence;
  #written: Sequence;
  #durable: Sequence;
  #failure: AuditUnavailable | undefined;
  #closed = false;
  #waiters: Waiter[] = [];
  /** Outcomes that were dropped, and decisions and events that were refused, since recording failed. */
  #missed = 0;
  #ticking = false;
  #syncAsked = false;
  #timer: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(parts: LogParts) {
    this.#parts = parts;
    this.#segment = parts.segment;
    this.#next = parts.next;
    this.#written = parts.next - 1;
    this.#durable = parts.next - 1;
    this.#ids = new RecordIds(parts.random(6));
    this.#pen = new RecordPen(this.#ids);
  }

  template(event: DecisionEvent): DecisionTemplate {
    return new RecordTemplate(event, this.#parts.origin, this.#parts.random);
  }

  decision(template: DecisionTemplate): Sequence {
    this.#admit();
    if (!(template instanceof RecordTemplate)) return this.event(template.event);
    const { event } = template;
    const time = this.#time();
    const sequence = this.#next;
    const chunk = this.#begin(template.decisionRoom, sequence);
    template.decision(this.#pen, sequence, time);
    this.#commit(chunk);
    if (event.outcome === 'permit' || !event.enforced) this.#await(sequence, time);
    return sequence;
  }

  outcome(of: Sequence, template: DecisionTemplate, outcome: OutcomeEvent): void {
    if (this.#failure !== undefined || this.#closed || this.#backlog.size > 2 * this.#parts.mostUnsynced) {
      this.#missed++;
      return;
    }
    const decided = this.#pending.get(of);
    this.#pending.delete(of);
    const time = this.#time();
    const sequence = this.#next;
    const pieces = decided !== undefined && template instanceof RecordTemplate ? template.outcomePieces(outcome) : undefined;
    if (pieces === undefined || decided === undefined) {
      const uid = decided === undefined ? undefined : this.#ids.uid(decided, of);
      const stamp = { time, sequence, uid: this.#ids.uid(time, sequence) };
      this.#append(outcomeText(template.event, outcome, { sequence: of, uid }, stamp, this.#parts.origin), sequence);
      return;
    }
    const chunk = this.#begin(room(pieces), sequence);
    writeOutcome(this.#pen, pieces, sequence, time, { rows: countOf(outcome.rows), bytes: countOf(outcome.bytes) }, of, decided);
    this.#commit(chunk);
  }

  event(event: AuditEvent): Sequence {
    this.#admit();
    return this.#record(event);
  }

  flush(): void {
    if (this.#failure !== undefined) throw this.#refusal(this.#failure);
    if (this.#written === this.#next - 1) return;
    try {
      if (this.#segment.position > this.#parts.segmentBytes) this.#rotate();
      this.#writeOut(this.#segment);
      this.#written = this.#next - 1;
    } catch (error) {
      this.#broke(error);
    }
  }

  durable(sequence: Sequence): Promise<void> {
    if (sequence <= this.#durable) return alreadyDurable;
    if (this.#failure !== undefined || this.#closed) return Promise.reject(this.#refusal(this.#failure ?? closedLog()));
    if (sequence >= this.#next) return Promise.reject(new RangeError(`record ${sequence} was never queued; the last is ${this.#next - 1}`));
    return new Promise((resolve, reject) => {
      this.#waiters.push({ sequence, resolve, reject });
      this.#askSync();
    });
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

  /** Bytes that wait to be durable: the lag of recording. */
  get unsynced(): number { return this.#backlog.size; }

  /** Writes, syncs and seals. Rejects with `AuditUnavailable` when what was queued could not be made durable; the log is closed all the same. */
  // oxlint-disable-next-line typescript/require-await -- a rejection, not a throw, is what callers of a promise expect
  async close(): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    try {
      if (this.#failure !== undefined) this.#again();
      this.flush();
      this.#segment.write(sealFor(this.#next), 0, sealLength);
      this.#segment.syncNow();
      this.#allDurable();
    } catch (error) {
      const failure = error instanceof AuditUnavailable ? error : unavailable(error, this.#parts.folder);
      this.#failure = failure;
      this.#rejectWaiters();
      throw failure;
    } finally {
      this.#closed = true;
      this.#segment.close();
      this.#parts.release();
    }
  }

  // --- queueing

  /** Throws unless decisions and events are taken now. */
  #admit(): void {
    if (this.#failure !== undefined || this.#closed) {
      this.#missed++;
      throw this.#refusal(this.#failure ?? closedLog());
    }
    if (this.#backlog.size > this.#parts.mostUnsynced) {
      this.#missed++;
      this.#askSync();
      throw new AuditUnavailable(
        `the disk of the audit log is behind: ${this.#backlog.size} bytes wait to be made durable`,
        `send fewer commands at a time, or give \`${this.#parts.folder}\` a faster disk; this passes as soon as the disk has caught up`,
      );
    }
  }

  #time(): number { return Math.max(0, Math.floor(this.#parts.clock())); }

  #record(event: AuditEvent): Sequence {
    const time = this.#time();
    const sequence = this.#next;
    this.#append(recordText(event, { time, sequence, uid: this.#ids.uid(time, sequence) }, this.#parts.origin), sequence);
    return sequence;
  }

  #append(text: string, sequence: Sequence): void {
    const chunk = this.#backlog.room(recordHeaderLength + mostRecordBytes);
    const start = chunk.end + recordHeaderLength;
    const length = chunk.bytes.write(text, start, 'utf8');
    chunk.bytes.writeUInt32BE(length, chunk.end);
    chunk.bytes.writeUInt32BE(recordCrc(chunk.bytes.subarray(start, start + length), sequence), chunk.end + 4);
    this.#queued(recordHeaderLength + length);
  }

  #begin(room: number, sequence: Sequence): Chunk {
    const chunk = this.#backlog.room(recordHeaderLength + room);
    const pen = this.#pen;
    pen.bytes = chunk.bytes;
    pen.at = chunk.end + recordHeaderLength;
    pen.register = crcStart(sequence);
    return chunk;
  }

  #commit(chunk: Chunk): void {
    const { at, register } = this.#pen;
    const { bytes, end } = chunk;
    bytes.writeUInt32BE(at - end - recordHeaderLength, end);
    bytes.writeUInt32BE(crcEnd(register), end + 4);
    this.#queued(at - end);
  }

  #queued(bytes: number): void {
    this.#backlog.commit(bytes);
    this.#next++;
    if (!this.#ticking) this.#tick();
  }

  #await(sequence: Sequence, time: number): void {
    if (this.#pending.size >= mostPending) {
      for (const oldest of this.#pending.keys()) {
        this.#pending.delete(oldest);
        break;
      }
    }
    this.#pending.set(sequence, time);
  }

  // --- writing and syncing

  #writeOut(segment: Segment): void {
    for (const chunk of this.#backlog.chunks) {
      if (chunk.written === chunk.end) continue;
      segment.write(chunk.bytes, chunk.written, chunk.end);
      chunk.written = chunk.end;
    }
  }

  /** While there is anything that is not durable, something will make it so. */
  #tick(): void {
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
    const mark = this.#backlog.mark();
    const upTo = this.#written;
    segment.sync((error) => {
      // Another file took this one's place meanwhile, and with it all that this sync was for.
      if (segment === this.#segment && !this.#closed) {
        if (error === null) {
          this.#durable = upTo;
          this.#backlog.synced(mark);
          this.#resolveWaiters();
        } else {
          this.#brokeQuietly(error);
        }
      }
      if (this.#waiters.length > 0) this.#sync();
      else if (this.#durable < this.#next - 1 && !this.#ticking && !this.#closed && this.#failure === undefined) this.#tick();
    });
  }

  #rotate(): void {
    const old = this.#segment;
    old.write(sealFor(this.#written + 1), 0, sealLength);
    old.syncNow();
    // What is queued goes to the next file; what is written is durable now.
    this.#durable = this.#written;
    this.#backlog.synced(this.#backlog.mark());
    this.#resolveWaiters();
    const segment = createSegment(this.#parts.files, this.#parts.folder, this.#parts.origin.writer, this.#written + 1);
    try {
      segment.syncNow();
      this.#parts.files.syncFolder(this.#parts.folder);
    } catch (error) {
      discard(this.#parts.files, segment);
      throw error;
    }
    this.#segment = segment;
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

  /** Writes all that is not durable into a new segment and makes it so. Throws when that fails too; then nothing has changed. */
  #restart(): void {
    const { files, folder, origin } = this.#parts;
    const segment = createSegment(files, folder, origin.writer, this.#durable + 1);
    try {
      for (const chunk of this.#backlog.chunks) segment.write(chunk.bytes, chunk.synced, chunk.end);
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
    this.#rejectWaiters();
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

  // --- those who wait

  #allDurable(): void {
    this.#backlog.clear();
    this.#written = this.#next - 1;
    this.#durable = this.#written;
    this.#resolveWaiters();
  }

  #resolveWaiters(): void {
    const waiting: Waiter[] = [];
    for (const waiter of this.#waiters) {
      if (waiter.sequence <= this.#durable) waiter.resolve();
      else waiting.push(waiter);
    }
    this.#waiters = waiting;
  }

  #rejectWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(this.#refusal(this.#failure ?? closedLog()));
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
