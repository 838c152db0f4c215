import type { Namespace, Prepared } from '../core/gate.ts';
import { type Held, initialState, type SessionState, type TransactionControl } from '../core/interpretation.ts';
import { PreparedCommand, type Understood } from './admission.ts';
import { meaningOf } from './interpretations.ts';
import { afterFailure, afterReport, afterRollback, isPartOfState, rebase, unsureOfRollback } from './session-state.ts';

const ends: ReadonlySet<TransactionControl> = new Set(['commit', 'rollback', 'prepare-transaction']);

/**
 * What text means in one session, as far as it is known: follows the commands that succeed and fail, the target's own reports (which are
 * the truth), names that either door gives, and the rollback of an implicit transaction.
 */
export class Meaning {
  #state: SessionState;
  /** Made when it is asked for: a transaction changes the state more often than its meaning is compared. */
  #key: { readonly of: SessionState; readonly key: string | undefined } | undefined;
  /** What the protocol made, with what SQL sees of it. */
  readonly #own: Readonly<Record<Namespace, Map<string, { readonly command: PreparedCommand; readonly shared: Held }>>> = { prepared: new Map(), cursors: new Map() };
  #ownBytes = 0;
  /** The state before the first change in the implicit transaction that is still open. */
  #beforeBatch: SessionState | undefined;
  /** Something in it has committed as it went: what a failure of the rest takes back is not known. */
  #partOfBatchStays = false;
  /** Reports since the target was last ready: they may come before the answer to what they are about. */
  #fresh = new Map<string, string>();
  /** The last report of each name: whenever the target is ready, that is how it is. */
  readonly #reported = new Map<string, string>();
  /** The state was reckoned since the target was last ready. */
  #reckoned = false;

  constructor(state: SessionState) {
    this.#state = state;
  }

  get state(): SessionState { return this.#state; }
  /** Equal for states in which every text means the same; undefined when it is shared with no other session. */
  get key(): string | undefined {
    if (this.#key?.of !== this.#state) this.#key = { of: this.#state, key: meaningOf(this.#state) };
    return this.#key.key;
  }
  /** Bytes of the texts that are held by name. */
  get heldBytes(): number { return this.#ownBytes; }

  #become(state: SessionState): void {
    this.#state = state;
  }

  /** A command was answered. `implicit`: it ran in a batch, whose end may still take it back. */
  answered(meant: Understood, succeeded: boolean, implicit: boolean): void {
    if (succeeded && implicit && meant.interpretation.statements.some(({ commits }) => commits === true)) this.#partOfBatchStays = true;
    if (meant.next === undefined && meant.transaction === 'none') return;
    const before = this.#state;
    const { statements } = meant.interpretation;
    const rollsBack = statements.some(({ transaction }) => transaction === 'rollback');
    if (meant.next !== undefined) {
      if (implicit && this.#beforeBatch === undefined) this.#beforeBatch = before;
      const after = succeeded ? meant.next : afterFailure(meant.state, meant.interpretation);
      // Without a BEGIN, ROLLBACK takes back what stands before it in the same text.
      this.#become(rebase(before, meant.state, rollsBack && statements.length > 1 ? unsureOfRollback(after, meant.state) : after));
      this.#hear(this.#fresh);
      this.#reckoned = true;
    }
    if (!ends.has(meant.transaction) || this.#beforeBatch === undefined) return;
    // A ROLLBACK without a BEGIN takes back what stands before it in the batch; of a text with several statements it is not known how far it came.
    if (!succeeded || rollsBack || statements.length > 1) this.#become(unsureOfRollback(this.#state, this.#beforeBatch));
    this.#beforeBatch = undefined;
  }

  /** What a failed batch had set is as before it; else the next text would be read under a search path that the target never kept. */
  ready(failed: boolean, over: boolean): void {
    if (this.#fresh.size > 0) this.#fresh = new Map();
    const stays = this.#partOfBatchStays;
    if (over) this.#partOfBatchStays = false;
    if (!this.#reckoned) return;
    if (over) {
      this.#reckoned = false;
      if (this.#beforeBatch !== undefined && failed) this.#become(stays ? unsureOfRollback(this.#state, this.#beforeBatch) : afterRollback(this.#state, this.#beforeBatch));
      this.#beforeBatch = undefined;
    }
    this.#hear(this.#reported);
  }

  /** `followed`: the target says of itself when it changes; else it was asked once. */
  observe(name: string, value: string, followed: boolean): void {
    if (!isPartOfState(name)) return;
    if (followed) {
      this.#fresh.set(name, value);
      this.#reported.set(name, value);
    }
    this.#become(afterReport(this.#state, name, value));
  }

  #hear(reports: ReadonlyMap<string, string>): void {
    for (const [name, value] of reports) this.#become(afterReport(this.#state, name, value));
  }

  hold(namespace: Namespace, name: string, prepared: Prepared | undefined): () => void {
    const beforeOwn = this.#own[namespace].get(name);
    const beforeShared = this.#state[namespace].get(name);
    const command = prepared instanceof PreparedCommand ? prepared : undefined;
    const own = command === undefined ? undefined : { command, shared: command.forSql() };
    this.#put(namespace, name, own, own?.shared ?? prepared);
    return () => this.#put(namespace, name, beforeOwn, beforeShared);
  }

  #put(namespace: Namespace, name: string, own: { readonly command: PreparedCommand; readonly shared: Held } | undefined, shared: Held | 'unknown' | undefined): void {
    this.#ownBytes -= Buffer.byteLength(this.#own[namespace].get(name)?.command.text ?? '');
    if (own === undefined) this.#own[namespace].delete(name);
    else this.#own[namespace].set(name, own);
    this.#ownBytes += Buffer.byteLength(own?.command.text ?? '');
    const names = new Map(this.#state[namespace]);
    if (shared === undefined) names.delete(name);
    else names.set(name, shared);
    this.#become({ ...this.#state, [namespace]: names });
  }

  held(namespace: Namespace, name: string): Prepared | undefined {
    const shared = this.#state[namespace].get(name);
    if (shared === undefined || shared === 'unknown') return undefined;
    const own = this.#own[namespace].get(name);
    // SQL may have replaced what the protocol made under this name: then the namespace holds another meaning than ours.
    if (own !== undefined && own.shared === shared) return own.command;
    const quoted = `"${name.replaceAll('"', '""')}"`;
    return new PreparedCommand(namespace === 'prepared' ? `EXECUTE ${quoted}` : `FETCH ALL FROM ${quoted}`, shared.effects, undefined);
  }

  /** The catalog was read anew since all of `changed` was final: nothing is left of it, unless more has been changed meanwhile. */
  followed(changed: SessionState['changed']): void {
    if (changed.size > 0 && this.#state.changed === changed) this.#become({ ...this.#state, changed: initialState.changed });
  }

  /** Cursors that do not outlive their transaction are gone. */
  transactionEnded(): void {
    if (this.#state.cursors.size === 0) return;
    const staying = new Map([...this.#state.cursors].filter(([, held]) => held !== 'unknown' && held.holdable === true));
    if (staying.size === this.#state.cursors.size) return;
    for (const [name, { command }] of this.#own.cursors) {
      if (staying.has(name)) continue;
      this.#own.cursors.delete(name);
      this.#ownBytes -= Buffer.byteLength(command.text);
    }
    this.#become({ ...this.#state, cursors: staying });
  }
}
