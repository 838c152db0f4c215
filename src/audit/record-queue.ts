import type { DecisionTemplate, Sequence } from '../core/audit-log.ts';
import type { AuditEvent, DecisionEvent, OutcomeEvent } from '../core/event.ts';
import { Backlog, type Chunk } from './backlog.ts';
import { crcEnd, crcStart } from './crc.ts';
import { countOf, type Origin } from './ocsf/base.ts';
import { outcomeText, recordText } from './ocsf/record.ts';
import { RecordIds, RecordPen } from './stamp.ts';
import { type Random, RecordTemplate, room, writeOutcome } from './template.ts';
import { mostRecordBytes, recordCrc, recordHeaderLength } from './wal-format.ts';

/** Permitted commands whose outcome is awaited: times of their decisions, for the outcome's reference. One that is forgotten is referred to by sequence alone. */
const mostPending = 1 << 17;

/** Turns events into framed records, in order, each with the next sequence. Does no I/O and decides nothing: a record that is queued here is owed to the disk. */
export class RecordQueue {
  readonly backlog = new Backlog();
  readonly #origin: Origin;
  readonly #clock: () => number;
  readonly #random: Random;
  readonly #ids: RecordIds;
  readonly #pen: RecordPen;
  readonly #pending = new Map<Sequence, number>();
  /** Of the next record. */
  next: Sequence;

  constructor(origin: Origin, clock: () => number, random: Random, next: Sequence) {
    this.#origin = origin;
    this.#clock = clock;
    this.#random = random;
    this.#ids = new RecordIds(random(6));
    this.#pen = new RecordPen(this.#ids);
    this.next = next;
  }

  template(event: DecisionEvent): RecordTemplate {
    return new RecordTemplate(event, this.#origin, this.#random);
  }

  decision(template: DecisionTemplate): Sequence {
    const ready = template instanceof RecordTemplate ? template : this.template(template.event);
    const { event } = ready;
    const time = this.#time();
    const sequence = this.next;
    const chunk = this.#begin(ready.decisionRoom, sequence);
    ready.decision(this.#pen, sequence, time);
    this.#commit(chunk);
    // What was refused has no outcome.
    if (event.outcome === 'permit' || !event.enforced) this.#await(sequence, time);
    return sequence;
  }

  outcome(of: Sequence, template: DecisionTemplate, outcome: OutcomeEvent): void {
    const decided = this.#pending.get(of);
    this.#pending.delete(of);
    const time = this.#time();
    const sequence = this.next;
    const pieces = decided !== undefined && template instanceof RecordTemplate ? template.outcomePieces(outcome) : undefined;
    if (pieces === undefined || decided === undefined) {
      const uid = decided === undefined ? undefined : this.#ids.uid(decided, of);
      this.#append(outcomeText(template.event, outcome, { sequence: of, uid }, { time, sequence, uid: this.#ids.uid(time, sequence) }, this.#origin), sequence);
      return;
    }
    const chunk = this.#begin(room(pieces), sequence);
    writeOutcome(this.#pen, pieces, sequence, time, countOf(outcome.rows), countOf(outcome.bytes), of, decided);
    this.#commit(chunk);
  }

  event(event: AuditEvent): Sequence {
    const time = this.#time();
    const sequence = this.next;
    this.#append(recordText(event, { time, sequence, uid: this.#ids.uid(time, sequence) }, this.#origin), sequence);
    return sequence;
  }

  #time(): number { return Math.max(0, Math.floor(this.#clock())); }

  #append(text: string, sequence: Sequence): void {
    const chunk = this.backlog.room(recordHeaderLength + mostRecordBytes);
    const start = chunk.end + recordHeaderLength;
    const length = chunk.bytes.write(text, start, 'utf8');
    chunk.bytes.writeUInt32BE(length, chunk.end);
    chunk.bytes.writeUInt32BE(recordCrc(chunk.bytes.subarray(start, start + length), sequence), chunk.end + 4);
    this.#queued(recordHeaderLength + length);
  }

  #begin(room: number, sequence: Sequence): Chunk {
    const chunk = this.backlog.room(recordHeaderLength + room);
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
    this.backlog.commit(bytes);
    this.next++;
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
}
