import type { OutcomeEvent } from '../../core/event.ts';
import { Reader } from '../../wire/reader.ts';
import { type FrameScanner, FrameViolation } from '../../wire/scanner.ts';
import type { Dialogue } from './dialogue.ts';
import { rowsOfTag } from './messages/command-complete.ts';
import { decodeDataRow } from './messages/data-row.ts';
import { decodeErrorFields, serverError } from './messages/error-response.ts';
import { decodeParameterDescription } from './messages/parameter-description.ts';
import { decodeParameterStatus } from './messages/parameter-status.ts';
import { decodeReadyForQuery } from './messages/ready-for-query.ts';
import type { Outstanding } from './outstanding.ts';
import { DEFAULT_READ_ONLY } from './read-only.ts';
import { misread } from './refusals.ts';

/** Target to client: each message is matched to the oldest that is outstanding; all but answers to what is our own passes on as it came. */
export class ServerSide {
  readonly #talk: Dialogue;
  readonly #scanner: FrameScanner;
  /** What becomes of the rest of a streamed message. */
  #restPasses = true;
  /** The implicit transaction was rolled back. */
  #batchFailed = false;
  /** Pieces of a row that answers a question of our own. */
  #ownRow: Buffer[] = [];
  /** The server said FATAL or PANIC: it will close. */
  ended = false;

  constructor(talk: Dialogue, scanner: FrameScanner) {
    this.#talk = talk;
    this.#scanner = scanner;
  }

  /** Handles all that is buffered. Throws `FrameViolation` and `MalformedMessage` when the target does not speak the protocol. */
  run(): void {
    const scanner = this.#scanner;
    for (let event = scanner.next(); event !== 'more'; event = scanner.next()) {
      if (event === 'oversize') throw new FrameViolation('the target sent a message over the limit');
      const head = this.#talk.queue.head;
      if (event === 'part') {
        if (head !== undefined) head.bytes += scanner.end - scanner.start;
        if (this.#restPasses) this.#talk.toClient.add(scanner.buffer, scanner.start, scanner.end);
        else if (head?.kind === 'own-query' && scanner.type === 0x44) this.#ownPiece(head); // D DataRow
        continue;
      }
      this.#restPasses = this.#message(scanner.type, head);
      if (this.#restPasses) this.#talk.toClient.add(scanner.buffer, scanner.start, scanner.end);
    }
  }

  #body(): Reader { return new Reader(this.#scanner.buffer, this.#scanner.start + 5, this.#scanner.end); }

  /** Does the message go to the client? */
  #message(type: number, head: Outstanding | undefined): boolean {
    if (head?.kind === 'own-query') return this.#ownAnswer(type, head);
    if (head?.kind === 'own-steps') return this.#ownStep(type, head);
    const scanner = this.#scanner;
    switch (type) {
      case 0x44: // D DataRow
        if (head === undefined) throw outOfPlace(type);
        head.counted++;
        head.bytes += scanner.end - scanner.start;
        return true;
      case 0x43: { // C CommandComplete
        if (head?.kind === 'execute') {
          head.rows = rowsOfTag(scanner.buffer, scanner.start + 5, scanner.end);
          if (this.#rolledBack(head)) head.sqlstate = FAILED_TRANSACTION;
          this.#done(head.sqlstate === undefined ? 'ok' : 'error');
        } else if (head?.kind === 'query') {
          // One Query may hold several statements.
          head.rows += rowsOfTag(scanner.buffer, scanner.start + 5, scanner.end);
          if (this.#rolledBack(head)) head.sqlstate = FAILED_TRANSACTION;
          this.#talk.copyIn = false;
        } else throw outOfPlace(type);
        return true;
      }
      case 0x5a: // Z ReadyForQuery
        this.#ready(head);
        return true;
      case 0x32: // 2 BindComplete
        return this.#expected(head, 'bind', type);
      case 0x31: // 1 ParseComplete
        return this.#expected(head, 'parse', type);
      case 0x33: // 3 CloseComplete
        return this.#expected(head, 'close', type);
      case 0x54: // T RowDescription
        if (head === undefined) throw outOfPlace(type);
        if (head.kind === 'describe') this.#done('ok');
        return true;
      case 0x6e: // n NoData
        return this.#expected(head, 'describe', type);
      case 0x73: case 0x49: // s PortalSuspended, I EmptyQueryResponse
        if (head === undefined) throw outOfPlace(type);
        if (head.kind !== 'execute') return true;
        head.rows = head.counted;
        this.#done('ok');
        return true;
      case 0x45: // E ErrorResponse
        return this.#error(head);
      case 0x47: // G CopyInResponse
        this.#copyIn(head);
        return true;
      case 0x53: { // S ParameterStatus
        const { name, value } = decodeParameterStatus(this.#body());
        this.#talk.session.observe(name, value, true);
        return this.#talk.readOnly?.reported(name, value) ?? true;
      }
      case 0x4b: throw outOfPlace(type); // K BackendKeyData: only at startup
      case 0x4e: case 0x41: return true; // N NoticeResponse, A NotificationResponse: at any time
      case 0x74: // t ParameterDescription
        if (head === undefined) throw outOfPlace(type);
        if (head.describes !== undefined) this.#talk.parameterTypes.set(head.describes, decodeParameterDescription(this.#body()));
        return true;
      default: // COPY out, function results
        if (head === undefined) throw outOfPlace(type);
        return true;
    }
  }

  #ownPiece(head: Outstanding): void {
    const scanner = this.#scanner;
    // A copy: the scanner moves on.
    this.#ownRow.push(Buffer.from(scanner.buffer.subarray(scanner.start, scanner.end)));
    if (scanner.midFrame) return;
    const row = Buffer.concat(this.#ownRow);
    this.#ownRow = [];
    head.take?.(decodeDataRow(new Reader(row, 5))[0]?.toString('utf8'));
    head.take = undefined;
  }

  /** COMMIT of a transaction that had failed: the tag alone says that nothing was committed. */
  #rolledBack(head: Outstanding): boolean {
    const control = head.permit?.transaction;
    if (control !== 'commit' && control !== 'prepare-transaction') return false;
    const { buffer, start, end } = this.#scanner;
    return end - start === 5 + ROLLBACK.length && buffer.compare(ROLLBACK, 0, ROLLBACK.length, start + 5, end) === 0;
  }

  #expected(head: Outstanding | undefined, kind: Outstanding['kind'], type: number): true {
    if (head?.kind !== kind) throw outOfPlace(type);
    this.#done('ok');
    return true;
  }

  #done(status: OutcomeEvent['status']): void {
    const item = this.#talk.queue.shift();
    if (item === undefined) return;
    if (item.kind === 'execute') this.#talk.copyIn = false;
    this.#finish(item, status);
    this.#talk.wake();
  }

  #finish(item: Outstanding, status: OutcomeEvent['status']): void {
    this.#talk.finished(item);
    item.settle(status);
    item.assumption?.concluded(status === 'ok');
  }

  #ready(head: Outstanding | undefined): void {
    const talk = this.#talk;
    // A poison that a server swallowed would leave the refused batch in force, and the client without its error.
    if (head === undefined || !endsByReady(head.kind) || head.answer !== undefined) throw outOfPlace(0x5a);
    talk.status = decodeReadyForQuery(this.#body());
    talk.copyIn = false;
    const failed = this.#batchFailed;
    this.#batchFailed = false;
    const item = talk.queue.shift();
    if (item !== undefined) this.#finish(item, statusOf(item.sqlstate));
    // A Query that the server took into the implicit transaction of a batch leaves that open.
    const implicit = talk.status === 'T' && item?.inBatch === true;
    talk.explicit = talk.status === 'T' && !implicit;
    talk.session.ready(failed, !implicit);
    if (!talk.explicit) talk.readOnly?.outside();
    talk.wake();
    if (talk.status === 'I' && talk.queue.length === 0) talk.session.transactionEnded();
  }

  #error(head: Outstanding | undefined): boolean {
    const talk = this.#talk;
    const { severity, code } = serverError(decodeErrorFields(this.#body()));
    const fatal = severity === 'FATAL' || severity === 'PANIC';
    if (fatal) this.ended = true;
    // Behind nothing that is outstanding only an ending may be said (PostgreSQL 18 documentation, section 54.2.7).
    if (head === undefined || fatal) return true;
    head.sqlstate = code;
    talk.copyIn = false;
    this.#batchFailed = true;
    talk.readOnly?.outside();
    if (head.kind === 'poison-query' || head.kind === 'poison-parse') {
      if (head.answer !== undefined) talk.tell(head.answer);
      head.answer = undefined;
      if (head.kind === 'poison-parse') this.#skipToSync();
      return false;
    }
    // Only what was taken for a read stands under a guard: the target has found out that it is none.
    head.misread = code === READ_ONLY_TRANSACTION && head.guard?.on === true;
    if (head.misread) talk.tell(talk.error(misread(), undefined));
    const passes = !head.misread;
    if (head.kind !== 'query' && head.kind !== 'call' && head.kind !== 'sync') this.#skipToSync();
    return passes;
  }

  /** After an error in a batch the server skips to the next Sync: what was sent in between never ran. */
  #skipToSync(): void {
    const talk = this.#talk;
    const skipped = talk.queue.removeBehindHead((item) => item.kind !== 'sync');
    if (talk.queue.length === 1) talk.serverSkips = true;
    // The newest first, so that each finds what it replaced.
    for (const item of skipped.toReversed()) this.#finish(item, 'skipped');
    this.#done(statusOf(talk.queue.head?.sqlstate));
  }

  #copyIn(head: Outstanding | undefined): void {
    const talk = this.#talk;
    if (head?.kind !== 'query' && head?.kind !== 'execute') throw outOfPlace(0x47);
    // The data may have been sent, and ended, before the server asked for it. One Query may hold several COPYs.
    const endsBefore = head.copyEnds + head.copyIns++;
    talk.copyIn = talk.copyEnds === endsBefore;
    // Syncs that were sent before the end of the data are swallowed by the server in copy-in mode, and so they ended no batch.
    for (const item of talk.queue.removeBehindHead((candidate) => candidate.kind === 'sync' && candidate.copyEnds === endsBefore)) {
      talk.batchOpen = true;
      talk.readOnly?.batchGoesOn();
      if (item.barrier) talk.batchChanges = true;
      this.#finish(item, 'skipped');
    }
    talk.wake();
  }

  #ownAnswer(type: number, head: Outstanding): boolean {
    switch (type) {
      case 0x44: // D DataRow
        this.#ownPiece(head);
        return false;
      case 0x5a: // Z ReadyForQuery
        head.take?.(undefined);
        this.#ready(head);
        return false;
      case 0x45: { // E ErrorResponse
        const { severity, code } = serverError(decodeErrorFields(this.#body()));
        head.sqlstate = code;
        this.ended = severity !== 'ERROR';
        if (!this.ended) this.#talk.readOnly?.denied(code);
        return this.ended;
      }
      case 0x53: // S ParameterStatus
        return decodeParameterStatus(this.#body()).name !== DEFAULT_READ_ONLY && this.#message(type, undefined);
      case 0x41: // A NotificationResponse
        return this.#message(type, undefined);
      default: return false;
    }
  }

  /** Of steps of our own in a client's batch. Where they fail, so would have what stands behind them, with the same words. */
  #ownStep(type: number, head: Outstanding): boolean {
    switch (type) {
      case 0x31: case 0x32: case 0x33: case 0x43: // 1 ParseComplete, 2 BindComplete, 3 CloseComplete, C CommandComplete
        head.steps--;
        if (head.steps === 0) this.#done('ok');
        return false;
      case 0x45: return this.#error(head); // E ErrorResponse
      case 0x53: case 0x41: return this.#message(type, undefined); // S ParameterStatus, A NotificationResponse
      case 0x4e: return false; // N NoticeResponse
      default: throw outOfPlace(type);
    }
  }
}

const ROLLBACK = Buffer.from('ROLLBACK\0');
/** in_failed_sql_transaction: a COMMIT that the server answered with ROLLBACK. */
const FAILED_TRANSACTION = '25P02';
/** read_only_sql_transaction. */
const READ_ONLY_TRANSACTION = '25006';
/** query_canceled. */
const CANCELLED = '57014';

function statusOf(sqlstate: string | undefined): OutcomeEvent['status'] {
  if (sqlstate === undefined) return 'ok';
  return sqlstate === CANCELLED ? 'cancelled' : 'error';
}

function endsByReady(kind: Outstanding['kind']): boolean {
  return kind === 'sync' || kind === 'query' || kind === 'call' || kind === 'poison-query' || kind === 'own-query';
}

function outOfPlace(type: number): FrameViolation {
  return new FrameViolation(`the target sent \`${String.fromCharCode(type)}\` where nothing asked for it`);
}
