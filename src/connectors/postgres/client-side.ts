import type { Admission, Permit, Prepared } from '../../core/gate.ts';
import type { BoundValue } from '../../core/interpretation.ts';
import type { Refusal } from '../../core/refusal.ts';
import { MalformedMessage, Reader } from '../../wire/reader.ts';
import type { FrameEvent, FrameScanner } from '../../wire/scanner.ts';
import { boundValues } from './bound-values.ts';
import { CopyIn } from './copy-in.ts';
import type { Dialogue, Frame } from './dialogue.ts';
import { decodeBindHead, wholeBind } from './messages/bind.ts';
import { decodeExecute } from './messages/execute.ts';
import { decodeFunctionCallOid } from './messages/function-call.ts';
import { decodeParse } from './messages/parse.ts';
import { decodeQuery } from './messages/query.ts';
import { Names } from './names.ts';
import { invalidEncoding, Refusals } from './refusals.ts';

type Step = void | Promise<void>;

/** Client to target: each message is admitted, passed on, answered by the gate, or left out as the server would leave it out. */
export class ClientSide {
  readonly #talk: Dialogue;
  readonly #scanner: FrameScanner;
  readonly #signal: AbortSignal;
  readonly #refusals: Refusals;
  readonly #copyIn: CopyIn;
  readonly #names: Names;
  /** The Bind at hand. */
  #bound: Frame | undefined;
  #boundOf: Prepared | undefined;
  readonly #values = (): readonly BoundValue[] => this.#boundValues();
  /** What becomes of the rest of a streamed message. */
  #restPasses = false;
  terminated = false;

  constructor(talk: Dialogue, scanner: FrameScanner, signal: AbortSignal) {
    this.#talk = talk;
    this.#refusals = new Refusals(talk);
    this.#copyIn = new CopyIn(talk, this.#refusals);
    this.#names = new Names(talk, this.#refusals, (frame) => { this.#relay(frame); }, (wait, frame) => this.#afterwards(wait, frame));
    this.#scanner = scanner;
    this.#signal = signal;
  }

  /** Handles one event of the scanner. A promise: nothing more may be handled before it resolves. Throws `MalformedMessage`. */
  handle(event: Exclude<FrameEvent, 'more'>): Step {
    const { buffer, start, end, type } = this.#scanner;
    if (event === 'part') {
      if (this.#restPasses) this.#talk.door.relayRest(buffer, start, end);
      return undefined;
    }
    this.#restPasses = false;
    const frame: Frame = { buffer, start, end };
    switch (type) {
      case 0x64: // d CopyData
        this.#restPasses = this.#copyIn.data(frame);
        return undefined;
      case 0x53: return this.#sync(frame); // S Sync
      case 0x48: return this.#flush(frame); // H Flush
      case 0x58: return this.#terminate(frame); // X Terminate
      case 0x63: case 0x66: return this.#copyIn.end(frame); // c CopyDone, f CopyFail
      default:
    }
    return this.#command(frame, type, event === 'oversize');
  }

  /** What the server would skip is left out, also when that became known while it waited: no answer would ever come to it. */
  #command(frame: Frame, type: number, oversize: boolean): Step {
    if (this.#skips) return undefined;
    if (this.#talk.copyIn) return this.#copyIn.misuse();
    switch (type) {
      case 0x51: return oversize ? this.#refusals.tooLarge(frame.buffer.readUInt32BE(frame.start + 1), 'query') : this.#query(frame); // Q Query
      case 0x50: return oversize ? this.#refusals.tooLarge(frame.buffer.readUInt32BE(frame.start + 1), 'parse') : this.#parse(frame); // P Parse
      case 0x42: return this.#bind(frame); // B Bind
      case 0x45: return this.#execute(frame); // E Execute
      case 0x44: return this.#names.describe(frame); // D Describe
      case 0x43: return this.#names.close(frame); // C Close
      case 0x46: return this.#call(frame); // F FunctionCall
      default: throw new MalformedMessage(`a message of type 0x${type.toString(16)} has no place here`);
    }
  }

  get #skips(): boolean { return this.#refusals.dropping || this.#talk.serverSkips; }

  #body(frame: Frame): Reader { return new Reader(frame.buffer, frame.start + 5, frame.end); }

  #query(frame: Frame): Step {
    const unsettled = this.#talk.unsettled();
    if (unsettled !== undefined) return this.#afterwards(unsettled, frame);
    let text: string;
    try {
      text = decodeQuery(this.#body(frame));
    } catch (error) {
      if (error instanceof MalformedMessage && error.message.includes('UTF-8')) return this.#refusals.query(invalidEncoding(), undefined);
      throw error;
    }
    const talk = this.#talk;
    const admission = talk.session.admit({ kind: 'query', language: 'sql/postgres', text, transaction: talk.transaction(false) }, this.#signal);
    if (admission instanceof Promise) return this.#admitted(admission, (admitted) => this.#queryAdmitted(frame, text, admitted));
    return this.#queryAdmitted(frame, text, admission);
  }

  #queryAdmitted(frame: Frame, text: string, admitted: Admission): Step {
    if (admitted.refused) return this.#refusals.query(admitted, text);
    // A Query may end the batch before it, as a Sync does.
    const recorded = this.#finalise();
    if (recorded === undefined) return this.#sendQuery(frame, admitted);
    return recorded.then((failed) => {
      if (this.#signal.aborted || this.#skips || failed !== undefined) admitted.settle(skipped);
      if (this.#signal.aborted || this.#skips) return;
      if (failed === undefined) this.#sendQuery(frame, admitted);
      else this.#refusals.query(failed, undefined);
    });
  }

  #sendQuery(frame: Frame, permit: Permit): void {
    const talk = this.#talk;
    const guard = talk.readOnly?.query(permit);
    talk.mayEndBatch(talk.send('query', permit, frame, guard));
  }

  #finalise(): Promise<Refusal | undefined> | undefined {
    const talk = this.#talk;
    return talk.batchOpen && talk.transaction(true) !== 'open' ? talk.session.finalise() : undefined;
  }

  #parse(frame: Frame): Step {
    const unsettled = this.#talk.unsettled();
    if (unsettled !== undefined) return this.#afterwards(unsettled, frame);
    let decoded;
    try {
      decoded = decodeParse(this.#body(frame));
    } catch (error) {
      if (error instanceof MalformedMessage && error.message.includes('UTF-8')) return this.#refusals.batch(invalidEncoding(), undefined);
      throw error;
    }
    const { name, text, parameterTypes } = decoded;
    const talk = this.#talk;
    const admission = talk.session.admit({ kind: 'prepare', language: 'sql/postgres', text, transaction: talk.transaction(true) }, this.#signal);
    return this.#admitted(admission, (admitted) => {
      if (admitted.refused) return this.#refusals.batch(admitted, text);
      talk.joinBatch();
      const item = talk.send('parse', admitted, frame);
      const { prepared } = admitted;
      if (prepared === undefined) throw new TypeError('an admitted prepare holds nothing');
      if (parameterTypes.length > 0) talk.parameterTypes.set(prepared, parameterTypes);
      if (name === '') talk.rename(talk.unnamedStatement, prepared, item);
      else talk.nameChanged(item, talk.session.hold('prepared', name, prepared));
    });
  }

  #bind(frame: Frame): Step {
    const talk = this.#talk;
    const { portal, statement } = decodeBindHead(this.#body(frame));
    const unsure = this.#talk.unsure(statement === '' ? talk.unnamedStatement.latest?.item : undefined, statement !== '' || portal !== '');
    if (unsure !== undefined) return this.#afterwards(unsure, frame);
    const prepared = statement === '' ? talk.unnamedStatement.latest?.prepared : talk.session.held('prepared', statement);
    if (prepared === undefined) return this.#refusals.unknown('26000', statement === '' ? 'unnamed prepared statement does not exist' : `prepared statement "${statement}" does not exist`);
    this.#bound = frame;
    this.#boundOf = prepared;
    const admission = talk.session.admit({ kind: 'bind', language: 'sql/postgres', prepared, transaction: talk.transaction(true), values: this.#values }, this.#signal);
    // On the path of every command: no closure where nothing waits.
    if (admission instanceof Promise) return this.#admitted(admission, (admitted) => this.#bindAdmitted(frame, portal, admitted));
    return this.#bindAdmitted(frame, portal, admission);
  }

  /** None of a message that streams: nobody decides by what comes after it has passed. */
  #boundValues(): readonly BoundValue[] {
    const [frame, prepared] = [this.#bound, this.#boundOf];
    if (frame === undefined || prepared === undefined) return [];
    const whole = frame.buffer.readUInt32BE(frame.start + 1) <= wholeBind;
    return whole ? boundValues(this.#body(frame), this.#talk.parameterTypes.get(prepared) ?? []) : [];
  }

  #bindAdmitted(frame: Frame, portal: string, admitted: Admission): void {
    if (admitted.refused) return this.#refusals.batch(admitted, undefined);
    const talk = this.#talk;
    talk.joinBatch();
    const guard = talk.readOnly?.step(admitted, false);
    const item = talk.expect('bind', admitted);
    if (guard !== undefined) item.guard = guard;
    this.#relay(frame);
    if (portal === '') talk.rename(talk.unnamedPortal, admitted.prepared, item);
    else talk.nameChanged(item, talk.session.hold('cursors', portal, admitted.prepared));
  }

  #execute(frame: Frame): Step {
    const talk = this.#talk;
    const { portal } = decodeExecute(this.#body(frame));
    const unsure = this.#talk.unsure(portal === '' ? talk.unnamedPortal.latest?.item : undefined, portal !== '');
    if (unsure !== undefined) return this.#afterwards(unsure, frame);
    const prepared: Prepared | undefined = portal === '' ? talk.unnamedPortal.latest?.prepared : talk.session.held('cursors', portal);
    if (prepared === undefined) return this.#refusals.unknown('34000', `portal "${portal}" does not exist`);
    const admission = talk.session.admit({ kind: 'execute', language: 'sql/postgres', prepared, transaction: talk.transaction(true) }, this.#signal);
    if (admission instanceof Promise) return this.#admitted(admission, (admitted) => this.#executeAdmitted(frame, admitted));
    return this.#executeAdmitted(frame, admission);
  }

  #executeAdmitted(frame: Frame, admitted: Admission): Step {
    if (admitted.refused) return this.#refusals.batch(admitted, undefined);
    const unsure = this.#talk.readOnly?.unsure(admitted);
    if (unsure === undefined) return this.#sendExecute(frame, admitted);
    this.#talk.planFlush();
    return unsure.then(() => {
      if (this.#signal.aborted || this.#skips) admitted.settle(skipped);
      else this.#sendExecute(frame, admitted);
    });
  }

  #sendExecute(frame: Frame, admitted: Permit): void {
    this.#talk.joinBatch();
    const guard = this.#talk.readOnly?.step(admitted, true);
    this.#talk.send('execute', admitted, frame, guard);
    if (!admitted.barrier) return;
    this.#talk.batchChanges = true;
    this.#talk.sayFlush();
  }

  #call(frame: Frame): Step {
    const talk = this.#talk;
    const unsettled = this.#talk.unsettled();
    if (unsettled !== undefined) return this.#afterwards(unsettled, frame);
    const oid = decodeFunctionCallOid(this.#body(frame));
    const admission = talk.session.admit({ kind: 'call', language: 'sql/postgres', text: `FunctionCall of oid ${oid}`, transaction: talk.transaction(false) }, this.#signal);
    return this.#admitted(admission, (admitted) => {
      if (admitted.refused) return this.#refusals.query(admitted, undefined);
      const guard = talk.readOnly?.query(admitted);
      talk.mayEndBatch(talk.send('call', admitted, frame, guard));
      this.#restPasses = true;
    });
  }

  #sync(frame: Frame): Step {
    const talk = this.#talk;
    // In copy-in mode the server ignores Flush and Sync (CopyGetData, src/backend/commands/copyfromparse.c).
    if (talk.copyIn) return undefined;
    if (this.#refusals.localSync) {
      this.#refusals.answerSync();
      return undefined;
    }
    const recorded = this.#finalise();
    if (recorded === undefined) return this.#sendSync(frame, undefined);
    return recorded.then((failed) => { if (!this.#signal.aborted) this.#sendSync(frame, failed); });
  }

  #sendSync(frame: Frame, failed: Refusal | undefined): void {
    const talk = this.#talk;
    // Nothing may be made final that is not on record, and Sync would commit: poison first, so that the server rolls back.
    if (failed !== undefined && !this.#skips) this.#refusals.poisonBatch(talk.error(failed, undefined));
    this.#refusals.dropping = false;
    talk.serverSkips = false;
    talk.readOnly?.syncs();
    talk.door.relay(frame.buffer, frame.start, frame.end);
    talk.endBatch(talk.expect('sync'));
  }

  #flush(frame: Frame): void {
    if (this.#talk.copyIn || this.#refusals.localSync) return;
    this.#talk.readOnly?.asked();
    this.#talk.door.relay(frame.buffer, frame.start, frame.end);
  }

  #terminate(frame: Frame): void {
    this.#talk.readOnly?.asked();
    this.#talk.door.relay(frame.buffer, frame.start, frame.end);
    this.terminated = true;
  }

  #relay(frame: Frame): void {
    this.#restPasses = true;
    this.#talk.door.relay(frame.buffer, frame.start, frame.end);
  }

  /** Each permit is settled, also when its command is not sent after all. */
  #admitted(admission: Admission | Promise<Admission>, go: (admitted: Admission) => Step): Step {
    if (!(admission instanceof Promise)) return go(admission);
    return admission.then((admitted) => {
      if (!this.#signal.aborted && !this.#skips) return go(admitted);
      if (!admitted.refused) admitted.settle(skipped);
      return undefined;
    });
  }

  async #afterwards(wait: Promise<void>, frame: Frame): Promise<void> {
    // What is waited for may itself still wait to be sent.
    this.#talk.planFlush();
    await wait;
    if (!this.#signal.aborted) await this.#command(frame, frame.buffer[frame.start] ?? 0, false);
  }
}

/** Of a command that was admitted and then not sent: the server would have skipped it, or the session is over. */
const skipped = { type: 'outcome', status: 'skipped', rows: 0, bytes: 0, sqlstate: undefined } as const;
