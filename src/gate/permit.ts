import type { Obligation } from '../core/decision.ts';
import type { OutcomeEvent } from '../core/event.ts';
import type { Permit, Prepared } from '../core/gate.ts';
import type { TransactionControl } from '../core/interpretation.ts';

/** What a permit carries besides being one. */
export interface PermitTerms {
  readonly obligations: readonly Obligation[];
  readonly barrier: boolean;
  readonly transaction: TransactionControl;
  readonly prepared: Prepared | undefined;
  /** Called once, by the first `settle`. */
  readonly settled: (outcome: Omit<OutcomeEvent, 'type'>) => void;
}

/** The one implementation of `Permit`. Not exported: who wants one asks the gate. */
class MintedPermit {
  readonly refused = false;
  readonly obligations: readonly Obligation[];
  readonly barrier: boolean;
  readonly transaction: TransactionControl;
  readonly prepared: Prepared | undefined;
  #settled: PermitTerms['settled'] | undefined;
  #spent = false;

  constructor(terms: PermitTerms) {
    this.obligations = terms.obligations;
    this.barrier = terms.barrier;
    this.transaction = terms.transaction;
    this.prepared = terms.prepared;
    this.#settled = terms.settled;
  }

  spend(): void {
    if (this.#spent) throw new Error('a permit was spent twice');
    this.#spent = true;
  }

  settle(outcome: Omit<OutcomeEvent, 'type'>): void {
    const settled = this.#settled;
    if (settled === undefined) throw new Error('a permit was settled twice');
    this.#settled = undefined;
    settled(outcome);
  }
}

/** The only mint. The brand of `Permit` exists in types alone, so this is the one cast in the gate. */
export function mint(terms: PermitTerms): Permit {
  return new MintedPermit(terms) as MintedPermit & Permit;
}
