import type { OutcomeEvent } from '../../core/event.ts';
import type { Permit } from '../../core/gate.ts';

/**
 * What was sent and is not answered yet. `query`, `call`, `poison-query` and `sync` end with ReadyForQuery; `poison-parse` with an error that
 * we replace; the others with a message of their own, or with an error that also ends all that follow up to the next `sync`.
 */
export type OutstandingKind = 'query' | 'call' | 'parse' | 'bind' | 'describe' | 'close' | 'execute' | 'sync' | 'poison-query' | 'poison-parse' | 'own-query';

/** Keeps or takes back what was assumed when a message was sent. */
export interface Assumption {
  concluded(succeeded: boolean): void;
}

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
  /** Of a poison: our ErrorResponse, in the place of the server's. Of our own query: undefined. */
  answer: Buffer | undefined;
  /** Of our own query: takes the first value of its only row. */
  take: ((value: string | undefined) => void) | undefined;
  /** As the target's command tags say. */
  rows = 0;
  /** DataRows that passed; the tag of a portal that was suspended does not count them all. */
  counted = 0;
  bytes = 0;
  sqlstate: string | undefined;
  done = false;

  constructor(kind: OutstandingKind, batch: number, copyEnds: number, permit?: Permit) {
    this.kind = kind;
    this.batch = batch;
    this.copyEnds = copyEnds;
    this.permit = permit;
  }

  settle(status: OutcomeEvent['status']): void {
    this.done = true;
    this.permit?.settle({ type: 'outcome', status, rows: this.rows, bytes: this.bytes, sqlstate: this.sqlstate });
  }
}

/** First in, first out; the head is looked at for each message of the server. */
export class OutstandingQueue {
  #items: Outstanding[] = [];
  #first = 0;

  get length(): number { return this.#items.length - this.#first; }
  get head(): Outstanding | undefined { return this.#items[this.#first]; }

  push(item: Outstanding): void { this.#items.push(item); }

  shift(): Outstanding | undefined {
    const item = this.#items[this.#first];
    if (item === undefined) return undefined;
    this.#first++;
    if (this.#first === this.#items.length) {
      this.#items = [];
      this.#first = 0;
    } else if (this.#first > 1024) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** Takes out the items behind the head that fit, up to the first that does not. */
  removeBehindHead(fits: (item: Outstanding) => boolean): Outstanding[] {
    let count = 0;
    while (this.#first + 1 + count < this.#items.length) {
      const item = this.#items[this.#first + 1 + count];
      if (item === undefined || !fits(item)) break;
      count++;
    }
    return this.#items.splice(this.#first + 1, count);
  }

  some(fits: (item: Outstanding) => boolean): boolean {
    for (let i = this.#first; i < this.#items.length; i++) {
      const item = this.#items[i];
      if (item !== undefined && fits(item)) return true;
    }
    return false;
  }
}
