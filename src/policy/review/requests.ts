import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Evidence } from '../../core/decision.ts';
import { evidenceRecord } from '../context.ts';
import { Formulas, always, never, type Formula } from './formula.ts';
import type { Fact, KnownParts, Residual } from './partial.ts';
import { evidenceKinds, type PolicySet } from '../policy.ts';
import { ref } from '../slice.ts';
import { vocabularyOf, type ActionFacts } from './vocabulary.ts';

/** The requests of one action, none of which is known. */
export interface ActionView {
  readonly action: string;
  readonly facts: ActionFacts;
  readonly formulas: Formulas;
}

/** Every action that somebody can ask about. */
export function actionsOf({ schema }: Pick<PolicySet, 'schema'>): readonly ActionView[] {
  const vocabulary = vocabularyOf(schema);
  return [...vocabulary.actions].map(([action, facts]) => ({ action, facts, formulas: new Formulas(vocabulary, facts) }));
}

/** What is known of them. `unknown`: there may be evidence or not; else just this, and no more. */
export function knownOf({ action, facts }: Pick<ActionView, 'action' | 'facts'>, evidence: Evidence | 'unknown', more: readonly (readonly [string, CedarValueJson])[] = []): KnownParts {
  const known = new Map<string, Fact>(more.filter(([name]) => facts.context.has(name)).map(([name, value]) => [name, { value }]));
  if (facts.context.has('verb')) known.set('verb', { value: ref('Verb', action === 'nothing' ? 'none' : action) });
  if (evidence === 'unknown') return { context: known };
  const given = evidenceRecord(evidence);
  for (const kind of evidenceKinds) {
    const value = given[kind];
    known.set(kind, value === undefined ? 'absent' : { value });
  }
  return { context: known };
}

/** Undefined of what could not be told. */
export function formulaOf(residual: Residual | undefined, { formulas }: Pick<ActionView, 'formulas'>): Formula | undefined {
  if (residual === undefined || residual.kind === 'untold') return undefined;
  if (residual.kind !== 'where') return residual.kind === 'always' ? always : never;
  // What is nested too deep to be followed throws.
  try { return formulas.of(residual.condition); } catch { return undefined; }
}
