import type { Obligation } from '../core/decision.ts';
import type { OutcomeEvent } from '../core/event.ts';
import type { Permit, Prepared } from '../core/gate.ts';
import type { ReadsOnly, TransactionControl } from '../core/interpretation.ts';

/** Is told once how a command ended. */
export interface Settling {
  settled(outcome: OutcomeEvent): void;
}

/** The one implementation of `Permit`. Not exported: who wants one asks the gate. */
class MintedPermit {
  readonly refused = false;
  readonly obligations: readonly Obligation[];
  readonly barrier: boolean;
  readonly transaction: TransactionControl;
  readonly reads: ReadsOnly;
  readonly prepared: Prepared | undefined;
  readonly #command: Settling | undefined;
  #spent = false;
  #settled = false;

  constructor(obligations: readonly Obligation[], barrier: boolean, transaction: TransactionControl, reads: ReadsOnly, prepared: Prepared | undefined, command: Settling | undefined) {
    this.obligations = obligations;
    this.barrier = barrier;
    this.transaction = transaction;
    this.reads = reads;
    this.prepared = prepared;
    this.#command = command;
  }

  spend(): void {
    if (this.#spent) throw new Error('a permit was spent twice');
    this.#spent = true;
  }

  settle(outcome: OutcomeEvent): void {
    if (this.#settled) throw new Error('a permit was settled twice');
    this.#settled = true;
    this.#command?.settled(outcome);
  }
}

/** The only mint, on the path of every command. The brand of `Permit` exists in types alone, so this is the one cast in the gate. */
export function mint(obligations: readonly Obligation[], barrier: boolean, transaction: TransactionControl, reads: ReadsOnly, prepared: Prepared | undefined, command: Settling | undefined): Permit {
  return new MintedPermit(obligations, barrier, transaction, reads, prepared, command) as MintedPermit & Permit;
}
