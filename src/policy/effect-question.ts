import type { AccessRequest } from '../core/decision.ts';
import type { Effect } from '../core/effect.ts';
import type { EntityRef } from '../core/resource.ts';
import { requireWellFormed } from './class-key.ts';
import { requireClock } from './datetime.ts';
import type { Traits } from './policy.ts';
import { anyName, holdsOthers, isMany } from './reach.ts';
import { besideWay, heldBy } from './kin.ts';
import { noRun, worstFacts, type Asker, type Labelling, type Labels, type Question } from './question.ts';

/** Throws `TypeError` for names that no target can have, `RangeError` for a time that is none: what is remembered would be good for ever. */
export function askerOf(request: AccessRequest): Asker {
  const { principal, target, database, language, purpose, presence, now } = request;
  requireClock(now);
  if (database !== undefined) requireWellFormed([database]);
  return { principal, target, database, language, purpose, presence, now };
}

/** The resource, and what holds or is held by it: the same rows under other names, which have the labels of each. */
function kin({ partOf, parts, ...resource }: EntityRef): readonly EntityRef[] {
  return [resource, ...partOf?.wholes ?? [], ...parts ?? []];
}

/** Labels of the values that an effect would let out: of the columns that it names, else of the whole resource. */
function carriedBy(effect: Effect, own: Labels, labelling: Labelling): readonly string[] {
  if (effect.columns === 'all' || effect.columns.length === 0) return own.labels;
  const { resource, columns } = effect;
  const labels = kin(resource).flatMap(({ path, system }) => columns.flatMap((column) => labelling({ kind: 'column', path: [...path, column], system }).labels));
  return [...new Set(labels)].toSorted();
}

function labelsOfKin(resource: EntityRef, labelling: Labelling): Labels {
  if (resource.partOf === undefined && resource.parts === undefined) return labelling(resource);
  const all = kin(resource).map(labelling);
  return { labels: [...new Set(all.flatMap(({ labels }) => labels))].toSorted(), classes: [...new Set(all.flatMap(({ classes }) => classes))].toSorted() };
}

/** Of what is no one resource nobody knows the labels: it has every one that a policy names, and one that no grant does. */
function labelsOf({ resource, verb }: Effect, labelling: Labelling, named: readonly string[]): Labels & { readonly sure: boolean } {
  if (verb !== 'opaque' && !isMany(resource) && !holdsOthers.has(resource.kind)) return { ...labelsOfKin(resource, labelling), sure: true };
  const all = [...named, anyName];
  return { labels: all, classes: all, sure: false };
}

const kinships = new WeakMap<Effect, Pick<Question, 'resource' | 'heldBy'>>();

/** The same effects come again and again, those on partitions in their dozens. */
function kinOf(effect: Effect): Pick<Question, 'resource' | 'heldBy'> {
  if (effect.resource.partOf === undefined) return { resource: effect.resource, heldBy: [] };
  let kinship = kinships.get(effect);
  if (kinship === undefined) kinships.set(effect, kinship = { resource: besideWay(effect), heldBy: heldBy(effect) });
  return kinship;
}

/** Throws `TypeError` for names that no target can have. */
export function effectQuestion(effect: Effect, asker: Asker, evidence: Question['evidence'], labelling: Labelling | undefined, { labels }: Pick<Traits, 'labels'>): Question {
  requireWellFormed(effect.resource.path);
  const own = labelling === undefined ? undefined : labelsOf(effect, labelling, labels);
  return {
    asker, verb: effect.verb, ...kinOf(effect), extent: effect.extent, columns: effect.columns, reversible: effect.reversible, derived: effect.via.length > 0,
    sink: effect.sink ?? 'none', facts: own === undefined ? worstFacts : { ...worstFacts, labels: own.labels, classes: own.classes },
    carries: labelling === undefined || own === undefined ? [] : own.sure ? carriedBy(effect, own, labelling) : own.labels, amount: undefined, run: noRun, evidence,
  };
}

/** For a command without effects: may this principal be here at all? */
export function nothingQuestion(asker: Asker, evidence: Question['evidence']): Question {
  return {
    asker, verb: 'none', resource: { kind: 'target', path: [asker.target.name], system: false }, heldBy: [], extent: 'none', columns: [], reversible: true, derived: false,
    sink: 'none', facts: worstFacts, carries: [], amount: undefined, run: noRun, evidence,
  };
}

/** May this function run? What it does is asked about as the effects that it has. */
export function callQuestion(resource: EntityRef, asker: Asker, evidence: Question['evidence'], labelling: Labelling | undefined): Question {
  requireWellFormed(resource.path);
  return {
    asker, verb: 'execute', resource, heldBy: [], extent: 'none', columns: [], reversible: true, derived: false, sink: 'none', facts: { ...worstFacts, ...labelling?.(resource) },
    carries: [], amount: undefined, run: noRun, evidence, isCall: true,
  };
}
