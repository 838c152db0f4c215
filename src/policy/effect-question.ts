import type { AccessRequest } from '../core/decision.ts';
import type { Effect } from '../core/effect.ts';
import type { EntityRef } from '../core/resource.ts';
import { requireWellFormed } from './class-key.ts';
import { noLabels, noRun, worstFacts, type Asker, type Labelling, type Labels, type Question } from './question.ts';

/** Throws `TypeError` for names that no target can have. */
export function askerOf(request: AccessRequest): Asker {
  const { principal, target, database, language, purpose, presence, now } = request;
  if (database !== undefined) requireWellFormed([database]);
  return { principal, target, database, language, purpose, presence, now };
}

/** Labels of the values that an effect would let out: of the columns that it names, else of the whole resource. */
function carriedBy(effect: Effect, own: Labels, labelling: Labelling): readonly string[] {
  if (effect.columns === 'all' || effect.columns.length === 0) return own.labels;
  const { resource, columns } = effect;
  const labels = columns.flatMap((column) => {
    const ref: EntityRef = { kind: 'column', path: [...resource.path, column], system: resource.system };
    return labelling(ref).labels;
  });
  return [...new Set(labels)].toSorted();
}

/** Throws `TypeError` for names that no target can have. */
export function effectQuestion(effect: Effect, asker: Asker, evidence: Question['evidence'], labelling: Labelling | undefined): Question {
  requireWellFormed(effect.resource.path);
  const own = labelling === undefined ? noLabels : labelling(effect.resource);
  return {
    asker, verb: effect.verb, resource: effect.resource, extent: effect.extent, reversible: effect.reversible, derived: effect.via.length > 0,
    sink: effect.sink ?? 'none', facts: own === noLabels ? worstFacts : { ...worstFacts, ...own },
    carries: labelling === undefined ? [] : carriedBy(effect, own, labelling), amount: undefined, run: noRun, evidence,
  };
}

/** For a command without effects: may this principal be here at all? */
export function nothingQuestion(asker: Asker, evidence: Question['evidence']): Question {
  return {
    asker, verb: 'none', resource: { kind: 'target', path: [asker.target.name], system: false }, extent: 'none', reversible: true, derived: false,
    sink: 'none', facts: worstFacts, carries: [], amount: undefined, run: noRun, evidence,
  };
}
