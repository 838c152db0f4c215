import type { OutcomeEvent } from '../../core/event.ts';
import type { Permit, Prepared } from '../../core/gate.ts';

/**
 * What was sent and is not answered yet. `query`, `call`, `poison-query` and `sync` end with ReadyForQuery; `poison-parse` with an error that
 * we replace; `own-query` and `own-steps` are the gate's own, the latter inside a batch; the others with a message of their own, or with an error that also ends all that follow up to the next `sync`.
 */
export type OutstandingKind = 'query' | 'call' | 'parse' | 'bind' | 'describe' | 'close' | 'execute' | 'sync' | 'poison-query' | 'poison-parse' | 'own-query' | 'own-steps';

/** Keeps or takes back what was assumed when a message was sent. */
export interface Assumption {
  concluded(succeeded: boolean): void;
}

/** Of a stretch of a batch: decided once its end is known. */
export interface Guard { on: boolean }

export class Outstanding {
  readonly kind: OutstandingKind;
  readonly permit: Permit | undefined;
  /** Number of the batch (Syncs sent before it). */
  readonly batch: number;
  /** CopyDone and CopyFail sent before it: a Sync sent while the server is in copy-in mode is swallowed there. */
  readonly copyEnds: number;
  /** What comes behind it in the client's stream waits for its end: it may change what that means. */
  barrier = false;
  /** Extended messages came before it that no Sync had ended. */
  inBatch = false;
  /** CopyInResponses that it got. */
  copyIns = 0;
  assumption: Assumption | undefined;
  /** Does it change a name that SQL can see? */
  named = false;
  /** Of a Describe: the statement that it asks about. */
  describes: Prepared | undefined;
  /** Of a poison: our ErrorResponse, in the place of the server's. Of our own query: undefined. */
  answer: Buffer | undefined;
  /** Of our own query: takes the first value of its only row. */
  take: ((value: string | undefined) => void) | undefined;
  /** Of our own steps: answers that are still to come. */
  steps = 0;
  /** Whether the target runs it read-only because of the gate. */
  guard: Guard | undefined;
  /** The target refused it as a write, and the gate had taken it for a read. */
  misread = false;
  /** As the target's command tags say. */
  rows = 0;
  /** DataRows that passed; the tag of a portal that was suspended does not count them all. */
  counted = 0;
  bytes = 0;
  sqlstate: string | undefined;
  done = false;
  /** In its queue. */
  next: Outstanding | undefined;

  constructor(kind: OutstandingKind, batch: number, copyEnds: number, permit?: Permit) {
    this.kind = kind;
    this.batch = batch;
    this.copyEnds = copyEnds;
    this.permit = permit;
  }

  settle(status: OutcomeEvent['status']): void {
    this.done = true;
    this.permit?.settle({ type: 'outcome', status: this.misread ? 'misread' : status, rows: this.rows, bytes: this.bytes, sqlstate: this.sqlstate });
  }
}

/** First in, first out; the head is looked at for each message of the server. Linked, since each item leaves soon after it came. */
export class OutstandingQueue {
  #head: Outstanding | undefined;
  #tail: Outstanding | undefined;
  #length = 0;

  get length(): number { return this.#length; }
  get head(): Outstanding | undefined { return this.#head; }

  push(item: Outstanding): void {
    if (this.#tail === undefined) this.#head = item;
    else this.#tail.next = item;
    this.#tail = item;
    this.#length++;
  }

  shift(): Outstanding | undefined {
    const item = this.#head;
    if (item === undefined) return undefined;
    this.#head = item.next;
    if (this.#head === undefined) this.#tail = undefined;
    item.next = undefined;
    this.#length--;
    return item;
  }

  /** The one that came last; undefined when there is none. */
  get tail(): Outstanding | undefined { return this.#tail; }

  /** Puts `item` before `next`, which stands at the head or behind `before`. False when it stands at neither. */
  insert(item: Outstanding, before: Outstanding | undefined, next: Outstanding): boolean {
    if (this.#head === next) this.#head = item;
    else if (before?.next === next) before.next = item;
    else return false;
    item.next = next;
    this.#length++;
    return true;
  }

  /** Takes out the items behind the head that fit, up to the first that does not. */
  removeBehindHead(fits: (item: Outstanding) => boolean): Outstanding[] {
    const head = this.#head;
    const removed: Outstanding[] = [];
    if (head === undefined) return removed;
    let { next } = head;
    while (next !== undefined && fits(next)) {
      removed.push(next);
      const behind: Outstanding | undefined = next.next;
      next.next = undefined;
      next = behind;
    }
    head.next = next;
    if (next === undefined) this.#tail = head;
    this.#length -= removed.length;
    return removed;
  }
}
