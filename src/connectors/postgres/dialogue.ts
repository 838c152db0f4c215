import type { Socket } from 'node:net';
import type { Gate, Prepared, Session, TransactionStatus } from '../../core/gate.ts';
import type { Permit } from '../../core/gate.ts';
import type { SessionState } from '../../core/interpretation.ts';
import type { Refusal } from '../../core/refusal.ts';
import { Door } from './door.ts';
import { flushMessage } from './messages/bodyless.ts';
import { encodeQuery } from './messages/query.ts';
import { type BackendStatus } from './messages/ready-for-query.ts';
import { encodeRefusal } from './messages/refusal.ts';
import { Outflow } from './outflow.ts';
import { type Assumption, type Guard, Outstanding, type OutstandingKind, OutstandingQueue } from './outstanding.ts';
import type { ReadOnly } from './read-only.ts';

/** One message as it lies in the scanner's buffer. Taken before anything waits: the scanner moves on. */
export interface Frame { readonly buffer: Buffer; readonly start: number; readonly end: number }

const PATH_QUESTION = 'SHOW search_path';
/** No list of schemas: what it stands for is not known. */
const UNREADABLE = '"';

/** A statement or portal without a name (`prepared` undefined: it was closed), from when its message was sent. */
export class Unnamed implements Assumption {
  readonly #slot: { latest: Unnamed | undefined };
  /** What stands in its place when the server never makes it; undefined once it has. */
  #before: Unnamed | undefined;
  /** The server never made it. */
  #undone = false;
  readonly prepared: Prepared | undefined;
  readonly item: Outstanding;

  constructor(slot: { latest: Unnamed | undefined }, prepared: Prepared | undefined, item: Outstanding) {
    this.#slot = slot;
    this.#before = slot.latest;
    this.prepared = prepared;
    this.item = item;
  }

  concluded(succeeded: boolean): void {
    if (succeeded) {
      this.#before = undefined;
      return;
    }
    this.#undone = true;
    // What stood there before may itself have come to nothing.
    const slot = this.#slot;
    while (slot.latest !== undefined && slot.latest.#undone) slot.latest = slot.latest.#before;
  }
}

export interface DialogueParts {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly session: Session;
  readonly gate: Gate;
  /** Ends everything; the client is told first where it can be. */
  readonly fail: (refusal: Refusal) => void;
}

/** What both directions of one session know. Each direction has its own scanner and its own handler; they meet here. */
export class Dialogue {
  readonly session: Session;
  readonly door: Door;
  readonly toClient: Outflow;
  readonly queue = new OutstandingQueue();
  /** The server's own word, from its last ReadyForQuery. */
  status: BackendStatus = 'I';
  /** The server is in a transaction block that a BEGIN opened: Sync does not end it. It says `T` of an implicit one, too. */
  explicit = false;
  /** Syncs sent so far. */
  batch = 0;
  /** Extended messages were sent since the last Sync: the server is in an implicit block. */
  batchOpen = false;
  /** The server reported an error and skips what comes until a Sync that was not sent yet. */
  serverSkips = false;
  /** The server waits for CopyData. */
  copyIn = false;
  /** CopyDone and CopyFail sent so far. */
  copyEnds = 0;
  /** What was taken for a read runs read-only at the server; undefined where that is not asked for. */
  readOnly: ReadOnly | undefined;
  /** The server does not report its search_path. */
  asksPath = false;
  #asked: SessionState | undefined;
  readonly unnamedStatement: { latest: Unnamed | undefined } = { latest: undefined };
  readonly unnamedPortal: { latest: Unnamed | undefined } = { latest: undefined };
  /** Oids of statements' parameters, as Parse or the server said; 0 where it infers. */
  readonly parameterTypes = new WeakMap<Prepared, readonly number[]>();
  /** Barriers sent and not ended. */
  barriers = 0;
  /** A barrier was sent since the last Sync. Whether what it changed stays is known only when the batch has ended. */
  batchChanges = false;
  /** Names changed and not confirmed, and how many of them since the last Sync. */
  namesPending = 0;
  namesPendingInBatch = 0;
  /** BEGIN, COMMIT, ROLLBACK and kin that are not answered yet. */
  controlsPending = 0;
  readonly #parts: DialogueParts;
  #flushPlanned = false;
  #waiters: { readonly until: () => boolean; readonly resolve: () => void }[] = [];
  #onUpstreamFull: () => void = () => undefined;

  constructor(parts: DialogueParts) {
    this.#parts = parts;
    this.session = parts.session;
    this.door = new Door(parts.upstream);
    this.toClient = new Outflow(parts.client);
  }

  /** Called when the upstream socket takes no more for now. */
  whenUpstreamFull(pause: () => void): void { this.#onUpstreamFull = pause; }

  /** For Command.transaction. `open` only when the server has said so and nothing on the way could have ended it: else more is synced than need be, never less. */
  transaction(extended: boolean): TransactionStatus {
    if (this.explicit && this.controlsPending === 0) return 'open';
    if (this.status === 'E' && this.queue.length === 0) return 'failed';
    return extended ? 'batch' : 'idle';
  }

  /** Does the server work for the client? A question of the gate's own is nothing that a client could mean to cancel. */
  get busy(): boolean { return this.queue.length > 0 && this.queue.head?.kind !== 'own-query'; }

  /** Is there nothing at the server that a refusal would have to undo? */
  get quiet(): boolean { return this.queue.length === 0 && this.status === 'I' && !this.batchOpen; }

  /** `guard`: what the target runs it under. */
  send(kind: OutstandingKind, permit: Permit, frame: Frame, guard?: Guard): Outstanding {
    const item = this.expect(kind, permit);
    if (guard !== undefined) item.guard = guard;
    if (permit.barrier) this.barricade(item);
    if (permit.transaction !== 'none') this.controlsPending++;
    this.door.send(permit, frame.buffer, frame.start, frame.end);
    return item;
  }

  barricade(item: Outstanding): void {
    item.barrier = true;
    this.barriers++;
  }

  /**
   * A message was sent that may end the implicit transaction of its batch: a simple Query, a FunctionCall, their poison. Whether it does depends on the
   * server's version and on how many Executes came before (BeginImplicitTransactionBlock, src/backend/tcop/postgres.c): only Sync surely does.
   */
  mayEndBatch(item: Outstanding): void {
    item.inBatch = this.batchOpen;
    this.#awaitChanges(item);
  }

  /** When what is in the implicit transaction changed the meaning of text, all that follows waits for the outcome. */
  #awaitChanges(item: Outstanding): void {
    if (this.batchChanges && !item.barrier) this.barricade(item);
  }

  /** A message of a batch is about to be sent. */
  joinBatch(): void {
    this.batchOpen = true;
    this.readOnly?.touch();
  }

  /** A Sync was sent. */
  endBatch(item: Outstanding): void {
    this.#awaitChanges(item);
    this.batch++;
    this.batchOpen = false;
    this.batchChanges = false;
    this.namesPendingInBatch = 0;
  }

  /** The slot has a new meaning from here on, should `item` succeed. */
  rename(slot: { latest: Unnamed | undefined }, prepared: Prepared | undefined, item: Outstanding): void {
    const made = new Unnamed(slot, prepared, item);
    slot.latest = made;
    item.assumption = made;
  }

  expect(kind: OutstandingKind, permit?: Permit): Outstanding {
    const item = new Outstanding(kind, this.batch, this.copyEnds, permit);
    this.queue.push(item);
    this.readOnly?.expects(item);
    return item;
  }

  /** A Flush of our own: the server would keep the answer that a barrier waits for until the client's Sync, which waits behind the barrier. */
  sayFlush(): void {
    this.readOnly?.asked();
    this.door.say(flushMessage);
  }

  /**
   * Servers before PostgreSQL 18 do not report search_path: where it is not known any more they are asked, once for each state, when nothing is on
   * the way. Undefined when there is nothing to ask, or no moment to ask it.
   */
  askPath(): Promise<void> | undefined {
    const { session } = this;
    if (!this.asksPath || session.state.searchPath !== 'unknown' || session.state === this.#asked) return undefined;
    if (this.queue.length > 0 || this.batchOpen || this.status === 'E') return undefined;
    this.#asked = session.state;
    return this.ask(PATH_QUESTION).then((path) => session.observe('search_path', path ?? UNREADABLE, false));
  }

  /** A question of our own, in a moment when nothing is outstanding. Resolves with its one value. Its answer never reaches the client. */
  ask(text: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const item = this.expect('own-query');
      item.take = resolve;
      this.door.say(encodeQuery(text));
      this.planFlush();
    });
  }

  nameChanged(item: Outstanding, undo: () => void): void {
    item.named = true;
    item.assumption = { concluded: (succeeded) => { if (!succeeded) undo(); } };
    this.namesPending++;
    this.namesPendingInBatch++;
  }

  /** Every item that leaves the queue passes here exactly once. */
  finished(item: Outstanding): void {
    if (item.barrier) this.barriers--;
    if (item.permit !== undefined && item.permit.transaction !== 'none') this.controlsPending--;
    if (item.named) {
      this.namesPending--;
      if (item.batch === this.batch) this.namesPendingInBatch--;
    }
  }

  /** What text means depends on what is on the way: on a change of state, and on names whose making is not confirmed. Undefined when nothing is. */
  unsettled(): Promise<void> | undefined {
    return this.#isSettled() ? this.askPath() : this.wait(() => this.#isSettled());
  }

  #isSettled(): boolean { return this.barriers === 0 && this.namesPending === this.namesPendingInBatch; }

  /** What a name means is not sure while an earlier batch may or may not have given it another meaning, or SQL may: wait until the server has said. */
  unsure(item: Outstanding | undefined, named: boolean): Promise<void> | undefined {
    return this.#isSure(item, named) ? undefined : this.wait(() => this.#isSure(item, named));
  }

  #isSure(item: Outstanding | undefined, named: boolean): boolean {
    return this.barriers === 0 && (item === undefined || item.done || item.batch === this.batch) && (!named || this.namesPending === this.namesPendingInBatch);
  }

  /** After items were finished or state was changed: lets go on who waited for it. */
  wake(): void {
    if (this.#waiters.length === 0) return;
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) {
      if (waiter.until()) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }

  wait(until: () => boolean): Promise<void> {
    // What is waited for may itself still wait to be sent.
    this.readOnly?.asked();
    return new Promise((resolve) => { this.#waiters.push({ until, resolve }); });
  }

  /** Everything that waits goes on, to find that the conversation is over. */
  release(): void {
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const { resolve } of waiting) resolve();
  }

  /** Sends what is for the server, once the records of this turn are written. */
  planFlush(): void {
    if (this.#flushPlanned || this.door.empty) return;
    this.#flushPlanned = true;
    this.#parts.gate.afterRecord(this.#recorded);
  }

  /** Sends what is for the server now: it has something to do while the rest of a long batch is read. */
  flushEarly(): void {
    if (!this.door.empty) this.#send(this.#parts.gate.record());
  }

  readonly #recorded = (failed: Refusal | undefined): void => {
    this.#flushPlanned = false;
    this.#send(failed);
  };

  #send(failed: Refusal | undefined): void {
    if (failed !== undefined) {
      this.door.drop();
      this.#parts.fail(failed);
      return;
    }
    const kept = this.readOnly?.keeps();
    if (!(kept === undefined ? this.door.flush() : this.door.flushBefore(kept))) this.#onUpstreamFull();
  }

  /** Tells the client of a refusal as an error of its statement; the conversation goes on. */
  error(refusal: Refusal, text: string | undefined): Buffer { return encodeRefusal(refusal, text, 'ERROR'); }

  tell(message: Buffer): void { this.toClient.add(message, 0, message.length); }
}
