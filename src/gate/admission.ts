import type { DecisionTemplate } from '../core/audit-log.ts';
import type { Catalog } from '../core/catalog.ts';
import type { Decision } from '../core/decision.ts';
import type { Effect } from '../core/effect.ts';
import type { Prepared } from '../core/gate.ts';
import type { Interpretation, SessionState, TransactionControl } from '../core/interpretation.ts';
import type { Refusal } from '../core/refusal.ts';
import { unchanged } from './interpretations.ts';

/** A decision on an interpretation, with all that its next use needs. */
export interface Decided {
  readonly decision: Decision;
  readonly refusal: Refusal | undefined;
  readonly template: DecisionTemplate;
  readonly policyGeneration: number;
  readonly directoryGeneration: number;
}

/** An interpretation, and under what it holds. */
export interface Understood {
  readonly interpretation: Interpretation;
  readonly catalog: Catalog;
  readonly state: SessionState;
  /** What the session's state becomes when it succeeds; undefined when it stays. */
  readonly next: SessionState | undefined;
  readonly meaning: string | undefined;
  readonly effects: readonly Effect[];
  /** Something may be changed or may leave: its record must be durable before it becomes final. */
  readonly writes: boolean;
  /** A rollback does not take all of it back: its record must be durable before it runs at all. */
  readonly irrevocable: boolean;
  readonly transaction: TransactionControl;
  decided: Decided | undefined;
}

const harmlessVerbs: ReadonlySet<string> = new Set(['read', 'configure']);

export function understood(interpretation: Interpretation, catalog: Catalog, state: SessionState, meaning: string | undefined): Understood {
  const { statements } = interpretation;
  const effects = statements.length === 1 ? (statements[0]?.effects ?? []) : statements.flatMap((statement) => statement.effects);
  return {
    interpretation, catalog, state, meaning, effects,
    next: interpretation.nextState === state || interpretation.nextState === unchanged ? undefined : interpretation.nextState,
    writes: effects.some((effect) => !harmlessVerbs.has(effect.verb)),
    irrevocable: effects.some((effect) => effect.outsideTransaction === true || effect.verb === 'export' || effect.verb === 'opaque'),
    transaction: strongest(statements.map((statement) => statement.transaction)),
    decided: undefined,
  };
}

const controls: readonly TransactionControl[] = ['none', 'savepoint', 'begin', 'rollback', 'prepare-transaction', 'commit'];

/** Of several statements in one text the one that makes most final counts. */
function strongest(found: readonly TransactionControl[]): TransactionControl {
  let most: TransactionControl = 'none';
  for (const control of found) if (controls.indexOf(control) > controls.indexOf(most)) most = control;
  return most;
}

/** What a client holds by name: the text, and what it meant when last looked at. */
export class PreparedCommand implements Prepared {
  readonly text: string;
  understood: Understood | undefined;
  readonly #made: readonly Effect[];

  /** `made`: the effects as of when it was made, for as long as it was not looked at again. */
  constructor(text: string, made: readonly Effect[], meant: Understood | undefined) {
    this.text = text;
    this.#made = made;
    this.understood = meant;
  }

  get effects(): readonly Effect[] { return this.understood?.effects ?? this.#made; }
}
