import type { Permit } from '../../core/gate.ts';
import type { ReadsOnly } from '../../core/interpretation.ts';
import type { Dialogue } from './dialogue.ts';
import type { Mark } from './outflow.ts';
import { type Assumption, type Guard, Outstanding } from './outstanding.ts';
import { enterQuery, enterSteps, leaveQuery, leaveSteps, offCall, onCall, onSteps, type Own, resetCall } from './read-only-messages.ts';

/** Which commands that were taken for reads run read-only: none, those outside of transaction blocks, all. */
export type EnforceReads = 'off' | 'on' | 'everywhere';

export interface ReadOnlyParts {
  /** The session's default_transaction_read_only, as the target reported it. */
  readonly own: string;
  /** The target takes no writes at all. */
  readonly standby: boolean;
  /** Inside of the client's transaction blocks, too. */
  readonly inBlocks: boolean;
  /** The target does not do as it was asked. */
  readonly denied: (sqlstate: string) => void;
}

/** Of one part of a batch that is written at once: what stands in it, and where something can be put before it. */
interface Stretch {
  mark: Mark;
  asked: boolean;
  readonly before: Outstanding | undefined;
  first: Outstanding | undefined;
  runs: ReadsOnly | 'nothing';
  readonly guard: Guard;
}

const START: Mark = { piece: 0, bytes: 0 };
/** Of a batch without its end: so much is kept back, and no more. */
const MOST_KEPT = 256;
const MOST_KEPT_BYTES = 65_536;

/** What runs read-only from the start: its text is not looked at again. */
const guarded: Guard = { on: true };

/**
 * Commands that were taken for reads run read-only at the target, so that a mistake in our reading cannot write. Nothing of it is seen by the client.
 *
 * Outside a transaction block the session's default is moved, and only when a read follows something else or the other way round. The default holds for
 * what begins after it, so the whole batch is looked at before its first byte is sent; of a batch that was sent in part the last part is made read-only
 * inside its transaction, from which there is no way back. In a block, reads stand in a savepoint of ours: its end restores the block's own mode
 * (CommitSubTransaction, src/backend/access/transam/xact.c). Where none of this is sure to leave the client's commands as they are, they run as they are.
 */
export class ReadOnly {
  readonly #talk: Dialogue;
  readonly #inBlocks: boolean;
  readonly #denied: ReadOnlyParts['denied'];
  /** What the client believes of default_transaction_read_only. */
  #own: string;
  /** The client has given it a value itself. */
  #given = false;
  #standby: boolean;
  #default: 'own' | 'read-only' | 'unknown' = 'own';
  #disabled = false;
  /** A savepoint of ours is open, and read-only. */
  #inside = false;
  /** A BEGIN stands in this batch. */
  #began = false;
  #stretch: Stretch | undefined;
  /** What was sent of a batch that goes on: its transaction has begun. */
  #sent: 'nothing' | 'reads' | 'other' = 'nothing';

  constructor(talk: Dialogue, { own, standby, inBlocks, denied }: ReadOnlyParts) {
    this.#talk = talk;
    this.#own = own;
    this.#standby = standby;
    this.#inBlocks = inBlocks;
    this.#denied = denied;
  }

  /** Is there anything that the target does not see to by itself? */
  get #wanted(): boolean { return this.#own === 'off' && !this.#standby && !this.#disabled; }

  /** Nothing on the way can change that the target is outside of a transaction block, between batches. */
  get #idle(): boolean { return this.#talk.status === 'I' && this.#talk.controlsPending === 0 && !this.#began; }

  get #inBlock(): boolean { return this.#began || (this.#talk.explicit && this.#talk.controlsPending === 0); }

  /** Before a Query is sent. */
  query(permit: Permit): Guard | undefined {
    const talk = this.#talk;
    if (talk.batchOpen) {
      this.flushes();
      if (permit.reads === 'no' && this.#inside) return this.#inTransaction(permit, enterQuery, leaveQuery);
      return this.#inside ? guarded : undefined;
    }
    if (this.#inside || this.#inBlock) return this.#inTransaction(permit, enterQuery, leaveQuery);
    if (!this.#idle) return undefined;
    const want = permit.reads !== 'no' && this.#wanted ? 'read-only' : 'own';
    if (this.#default !== want) {
      const item = talk.expect('own-query');
      this.#turns(item, want);
      talk.door.say(this.#call(want));
    }
    return want === 'read-only' ? guarded : undefined;
  }

  /** Before any message of a batch is sent. */
  touch(): void {
    if (this.#stretch !== undefined) return;
    if (!this.#idle) {
      // What becomes idle while the batch is on its way is no place to begin in.
      this.#sent = 'other';
      return;
    }
    this.#stretch = { mark: this.#talk.door.mark(), asked: false, before: this.#talk.queue.tail, first: undefined, runs: 'nothing', guard: { on: false } };
  }

  /** The target has swallowed a Sync (in copy-in mode): what came behind it stands in the same batch. */
  batchGoesOn(): void {
    this.#stretch = undefined;
    this.#sent = 'other';
  }

  /** A message of a batch is awaited. */
  expects(item: Outstanding): void {
    const stretch = this.#stretch;
    if (stretch === undefined) return;
    stretch.first ??= item;
    item.guard = stretch.guard;
  }

  /** Before a Bind or Execute is sent, behind `touch`. Undefined where that is known later, or never. */
  step(permit: Permit, executes: boolean): Guard | undefined {
    this.#adds(permit.reads);
    if (this.#inside || this.#inBlock) {
      if (permit.reads === 'no' && !executes) return undefined;
      const guard = this.#inTransaction(permit, enterSteps, leaveSteps);
      if (permit.transaction !== 'none' && permit.transaction !== 'savepoint') this.#began = permit.transaction === 'begin';
      return guard;
    }
    if (permit.transaction === 'begin') this.#began = this.#idle;
    return undefined;
  }

  #adds(reads: ReadsOnly): void {
    const stretch = this.#stretch;
    if (stretch === undefined || stretch.runs === 'no') return;
    if (stretch.runs !== 'alone' || reads === 'no') stretch.runs = reads;
  }

  /**
   * Before something that ends a savepoint: would ours fail to end, were an earlier batch to fail? Then the target would skip what the client said
   * after it, so that waits until it is known.
   */
  unsure(permit: Permit): Promise<void> | undefined {
    if (!this.#inside || permit.reads !== 'no') return undefined;
    const talk = this.#talk;
    const settled = (): boolean => talk.queue.head === undefined || talk.queue.head.batch === talk.batch;
    if (settled() || (permit.transaction === 'none' && talk.controlsPending === 0)) return undefined;
    return talk.wait(settled);
  }

  #inTransaction(permit: Permit, enter: Own, leave: Own): Guard | undefined {
    if (permit.reads !== 'no' && this.#wanted && this.#inBlocks) {
      if (!this.#inside) {
        if (!this.#inBlock) return undefined;
        this.#say(enter);
        this.#inside = true;
      }
      return guarded;
    }
    if (this.#inside) this.#say(leave);
    this.#inside = false;
    return undefined;
  }

  #say({ kind, answers, bytes }: Own): void {
    this.#talk.expect(kind).steps = answers;
    this.#talk.door.say(bytes);
  }

  /** Before what was collected is written while the batch goes on: what comes may write, so the whole of it may. */
  flushes(): void {
    const stretch = this.#stretch;
    if (stretch === undefined) return;
    this.#stretch = undefined;
    if (this.#sent === 'nothing' && this.#default !== 'own') this.#turn(stretch, 'own');
    this.#sent = stretch.runs === 'no' || this.#sent === 'other' ? 'other' : 'reads';
  }

  /**
   * Before what was collected is written. From here on it stays until its end is seen: with a Sync it can be made read-only whole. Undefined: nothing stays.
   * Servers, too, keep their answers until a Sync or Flush (or 8 KiB of them), so nobody waits for it.
   */
  keeps(): Mark | undefined {
    const stretch = this.#stretch;
    const stays = stretch !== undefined && this.#wanted && stretch.runs !== 'no' && !stretch.asked
      && this.#talk.queue.length < MOST_KEPT && this.#talk.door.behind(stretch.mark) < MOST_KEPT_BYTES;
    if (!stays) {
      this.flushes();
      return undefined;
    }
    const { mark } = stretch;
    stretch.mark = START;
    return mark;
  }

  /** The client wants answers to what it has sent so far, or there will be nothing to wait for. */
  asked(): void {
    if (this.#stretch !== undefined) this.#stretch.asked = true;
  }

  /** Before a Sync is sent. */
  syncs(): void {
    const stretch = this.#stretch;
    this.#stretch = undefined;
    const sent = this.#sent;
    this.#sent = 'nothing';
    this.#began = false;
    if (stretch === undefined || stretch.runs === 'nothing') return;
    const want = stretch.runs !== 'no' && this.#wanted ? 'read-only' : 'own';
    if (sent !== 'nothing') {
      if (sent === 'reads' && want === 'read-only' && stretch.runs === 'yes') stretch.guard.on = this.#insert(stretch, onSteps);
      return;
    }
    if (this.#default !== want) this.#turn(stretch, want);
    stretch.guard.on = this.#default === 'read-only';
  }

  #turn(stretch: Stretch, to: 'own' | 'read-only'): void {
    const item = this.#insert(stretch, { kind: 'own-query', answers: 0, bytes: this.#call(to) });
    if (item) this.#default = to;
  }

  #insert(stretch: Stretch, { kind, answers, bytes }: Own): boolean {
    const talk = this.#talk;
    const first = stretch.first;
    if (first === undefined) return false;
    const item = new Outstanding(kind, first.batch, first.copyEnds);
    item.steps = answers;
    if (kind === 'own-query') item.assumption = this.#turning;
    if (!talk.queue.insert(item, stretch.before, first)) return false;
    talk.door.sayAt(stretch.mark, bytes);
    return true;
  }

  #turns(item: Outstanding, to: 'own' | 'read-only'): void {
    item.assumption = this.#turning;
    this.#default = to;
  }

  #call(to: 'own' | 'read-only'): Buffer {
    if (to === 'read-only') return onCall;
    if (!this.#given) return resetCall;
    return this.#own === 'on' ? onCall : offCall;
  }

  readonly #turning: Assumption = {
    concluded: (succeeded) => { if (!succeeded) this.#default = 'unknown'; },
  };

  /** The target refused what it was asked here. Cancelled is not refused: the next command asks again. */
  denied(sqlstate: string): void {
    if (sqlstate === CANCELLED || this.#disabled || this.#talk.status !== 'I') return;
    this.#disabled = true;
    this.#denied(sqlstate);
  }

  /** An error of the target, or its ReadyForQuery: outside of a transaction, or in a failed one, no savepoint is left. */
  outside(): void {
    if (this.#talk.controlsPending === 0) this.#inside = false;
  }

  /** A report of the target's while it answers the client. Is it news to the client? */
  reported(name: string, value: string): boolean {
    if (name === 'in_hot_standby') this.#standby = value === 'on';
    if (name !== DEFAULT_READ_ONLY) return true;
    const news = value !== this.#own;
    this.#own = value;
    this.#given = true;
    // A command that was taken for a read has set it.
    if (this.#default === 'read-only') this.#default = 'unknown';
    return news;
  }
}

export const DEFAULT_READ_ONLY = 'default_transaction_read_only';
/** query_canceled. */
const CANCELLED = '57014';
