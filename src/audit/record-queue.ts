import type { DecisionTemplate, Sequence } from '../core/audit-log.ts';
import type { AuditEvent, DecisionEvent, OutcomeEvent } from '../core/event.ts';
import { Backlog } from './backlog.ts';
import { decisionFrameLength, decisionText, mostCount, outcomeFrameLength, outcomeTextOf, writeDecisionFrame, writeForm, writeOutcomeFrame } from './form.ts';
import { countOf, type Origin } from './ocsf/base.ts';
import { outcomeText, recordText } from './ocsf/record.ts';
import { recordUid } from './stamp.ts';
import { type Form, type Random, RecordTemplate } from './template.ts';
import { finishFrame, frameHeaderLength, mostRecordBytes } from './wal-format.ts';

/** Times of the newest decisions, for the reference of their outcomes. One that is older is referred to by sequence alone. */
const rememberedDecisions = 1 << 16;
/** Forms are kept until their segments are closed, for the case that the file fails. Beyond so many bytes of them records are written in full. */
const mostFormBytes = 8 * 1024 * 1024;

/** Turns events into frames, in order, each record with the next sequence. Does no I/O and decides nothing: what is queued here is owed to the disk. */
export class RecordQueue {
  readonly backlog = new Backlog();
  readonly #origin: Origin;
  readonly #clock: () => number;
  readonly #random: Random;
  readonly #node: string;
  readonly #decided = { sequences: new Float64Array(rememberedDecisions), times: new Float64Array(rememberedDecisions) };
  #run = 0;
  #forms: Buffer[] = [];
  #formBytes = 0;
  #formNumber = 0;
  /** Of the next record. */
  next: Sequence;

  constructor(origin: Origin, clock: () => number, random: Random, next: Sequence) {
    this.#origin = origin;
    this.#clock = clock;
    this.#random = random;
    this.#node = Buffer.from(random(6)).toString('hex').padStart(12, '0');
    this.next = next;
  }

  /** The forms that were written since `beginRun`, as frames: what is queued may need them, wherever it is written. */
  get forms(): readonly Buffer[] { return this.#forms; }

  /** What is queued from now on goes to a segment that knows no forms. Nothing MUST be queued that is not written. */
  beginRun(): void {
    this.#run++;
    this.#forms = [];
    this.#formBytes = 0;
  }

  template(event: DecisionEvent): RecordTemplate {
    return new RecordTemplate(event, this.#origin, this.#random);
  }

  decision(template: DecisionTemplate, at: number = this.#clock()): Sequence {
    const { decision: form } = template instanceof RecordTemplate ? template : this.template(template.event);
    const time = inSixBytes(at);
    const sequence = this.next;
    if (this.#isWritten(form)) {
      const chunk = this.backlog.room(decisionFrameLength);
      writeDecisionFrame(chunk.bytes, chunk.end, form.number, sequence, time);
      this.#queued(decisionFrameLength);
    } else this.#append(decisionText(form.pieces, { sequence, time }, this.#node), sequence);
    const slot = sequence % rememberedDecisions;
    this.#decided.sequences[slot] = sequence;
    this.#decided.times[slot] = time;
    return sequence;
  }

  outcome(of: Sequence, template: DecisionTemplate, outcome: OutcomeEvent, at: number = this.#clock()): void {
    const slot = of % rememberedDecisions;
    const decided = this.#decided.sequences[slot] === of ? this.#decided.times[slot] : undefined;
    if (decided !== undefined) this.#decided.sequences[slot] = 0;
    const time = inSixBytes(at);
    const sequence = this.next;
    const form = decided !== undefined && template instanceof RecordTemplate ? template.outcome(outcome) : undefined;
    if (form === undefined || decided === undefined) {
      const uid = decided === undefined ? undefined : recordUid(decided, of, this.#node);
      this.#append(outcomeText(template.event, outcome, { sequence: of, uid }, { time, sequence, uid: recordUid(time, sequence, this.#node) }, this.#origin), sequence);
      return;
    }
    const values = { sequence, time, bytes: countOf(outcome.bytes), rows: countOf(outcome.rows), decision: { sequence: of, time: decided } };
    if (values.bytes <= mostCount && values.rows <= mostCount && this.#isWritten(form)) {
      const chunk = this.backlog.room(outcomeFrameLength);
      writeOutcomeFrame(chunk.bytes, chunk.end, form.number, values);
      this.#queued(outcomeFrameLength);
    } else this.#append(outcomeTextOf(form.pieces, values, this.#node), sequence);
  }

  event(event: AuditEvent): Sequence {
    const time = inSixBytes(this.#clock());
    const sequence = this.next;
    this.#append(recordText(event, { time, sequence, uid: recordUid(time, sequence, this.#node) }, this.#origin), sequence);
    return sequence;
  }

  /** Does the run know the form? Writes it when it is needed again. */
  #isWritten(form: Form): boolean {
    if (form.run === this.#run) return true;
    if (!form.used) {
      form.used = true;
      return false;
    }
    if (this.#formBytes > mostFormBytes) return false;
    form.number = ++this.#formNumber;
    form.run = this.#run;
    const chunk = this.backlog.room(frameHeaderLength + mostRecordBytes);
    const start = chunk.end;
    const length = writeForm(chunk.bytes, start + frameHeaderLength, form.number, this.#node, form.pieces);
    const end = finishFrame(chunk.bytes, start, 'form', length, form.number);
    const frame = Buffer.from(chunk.bytes.subarray(start, end));
    this.#forms.push(frame);
    this.#formBytes += frame.length;
    this.backlog.commit(frame.length);
    return true;
  }

  #append(text: string, sequence: Sequence): void {
    const chunk = this.backlog.room(frameHeaderLength + mostRecordBytes);
    const length = chunk.bytes.write(text, chunk.end + frameHeaderLength, 'utf8');
    this.#queued(finishFrame(chunk.bytes, chunk.end, 'record', length, sequence) - chunk.end);
  }

  #queued(bytes: number): void {
    this.backlog.commit(bytes);
    this.next++;
  }
}

/** Whole milliseconds, as records hold them. */
function inSixBytes(time: number): number { return Math.min(Math.max(0, Math.floor(time)), mostCount); }
