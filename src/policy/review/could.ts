import type { Need } from '../../core/decision.ts';
import { extents, sinks, type Verb } from '../../core/effect.ts';
import type { Language } from '../../core/interpretation.ts';
import type { Principal, Purpose } from '../../core/principal.ts';
import type { EntityRef } from '../../core/resource.ts';
import type { Target } from '../../core/target.ts';
import type { Slot } from '../cedar.ts';
import { facetNames, merged, type Circumstances, type Facet } from './circumstances.ts';
import { nothingQuestion } from '../effect-question.ts';
import { grantEverything } from '../everything.ts';
import type { PolicySet } from '../policy.ts';
import type { Question } from '../question.ts';
import { mattering, remaining, type Remaining } from './remaining.ts';
import { anyName, isMany } from '../reach.ts';
import { partsWithSchema } from '../temporary.ts';
import { verdict } from '../verdict.ts';

/** Could this principal ever do this to that? Grants, groups and ends are as they are. */
export interface CouldWish {
  readonly principal: Principal;
  readonly presence: 'human' | 'unattended' | 'unknown';
  readonly target: Target;
  readonly database: string | undefined;
  readonly language: Language;
  /** Those that a session of the principal may choose from; at least one. */
  readonly purposes: readonly Purpose[];
  readonly verb: Verb;
  readonly resource: EntityRef;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What is decided under some circumstances. */
export interface CouldCase {
  readonly outcome: 'permit' | 'hold' | 'deny';
  /** Of a deny. */
  readonly reason: 'forbidden' | 'no-permit' | 'indeterminate' | undefined;
  readonly needs: readonly Need[];
  readonly policies: readonly string[];
  /** Policies in observe mode that would not have let it pass. */
  readonly observed: readonly string[];
  /** Not the resource itself, but what reaches it too: its schema, a name that is not known. Only where that fares better. */
  readonly through: EntityRef | undefined;
  readonly circumstances: readonly Circumstances[];
}

/** `purposes`: only in sessions of these; undefined: of every one that was asked about. */
export type CouldPolicy = Remaining & { readonly purposes: readonly string[] | undefined };

export interface CouldAnswer {
  /** `undecided`: neither a yes nor a never could be found. */
  readonly answer: 'yes' | 'with-evidence' | 'never' | 'undecided';
  readonly cases: readonly CouldCase[];
  /** Policies that have a say, and what is left of their conditions. */
  readonly policies: readonly CouldPolicy[];
  /** Nothing permits it: what it would be with a grant of it. */
  readonly granted: CouldAnswer | undefined;
  readonly notes: readonly string[];
}

/** Decisions, about a millisecond each. */
const mostAsked = 4_000;

function questionOf({ principal, presence, target, database, language, verb, now }: CouldWish, purpose: Purpose, resource: EntityRef): Question {
  // Facts that no command tells are as they are for every command.
  return { ...nothingQuestion({ principal, presence, target, database, language, purpose, now }, undefined), verb, resource };
}

/** A column that no policy names. */
const unnamed = ' ';

/** Every value of what a command may vary, and what is taken where policies cannot tell them apart. */
const choices: Readonly<Record<Facet, { readonly usual: Partial<Question>; readonly all: readonly (readonly [string, Partial<Question>])[] }>> = {
  extent: { usual: { extent: 'bounded' }, all: extents.map((extent) => [extent, { extent }]) },
  sink: { usual: { sink: 'client' }, all: sinks.map((sink) => [sink, { sink }]) },
  reversible: { usual: { reversible: false }, all: [['yes', { reversible: true }], ['no', { reversible: false }]] },
  derived: { usual: { derived: false }, all: [['yes', { derived: true }], ['no', { derived: false }]] },
  columns: { usual: { columns: 'all' }, all: [['all', { columns: 'all' }], ['none that is named', { columns: [unnamed] }]] },
};

type Varied = readonly [Circumstances, Question];

function varied(question: Question, set: PolicySet, facets: ReadonlySet<Facet>): readonly Varied[] {
  const { asker } = question;
  const later = set.traits.moments.flatMap((moment) => (moment > asker.now ? [moment, moment + 1] : []));
  const purpose = new Set([asker.purpose.name]);
  let all: readonly Varied[] = [asker.now, ...new Set(later.toSorted((a, b) => a - b))].map((now) => [{ purpose, from: now === asker.now ? undefined : now, facets: new Map() }, { ...question, asker: { ...asker, now } }]);
  for (const facet of facetNames) {
    const { usual, all: values } = choices[facet];
    // Only what is exported goes anywhere.
    if (facet === 'sink' && question.verb !== 'export') continue;
    all = all.flatMap(([when, one]): Varied[] => (facets.has(facet) ? values.map(([value, over]) => [{ ...when, facets: new Map([...when.facets, [facet, new Set([value])]]) }, { ...one, ...over }]) : [[when, { ...one, ...usual }]]));
    if (all.length > mostAsked) break;
  }
  return all;
}

type Decided = Omit<CouldCase, 'circumstances'>;

/** What a command may name in place of the resource and reach it: names that are not known, and its containers, of what lies in a database. */
function ways({ resource: { kind, path } }: CouldWish): readonly EntityRef[] {
  const parts = partsWithSchema[kind];
  const found: EntityRef[] = path.includes(anyName) ? [] : [{ kind, path: [anyName], system: false }];
  if (parts !== undefined && path.length >= parts) found.push({ kind, path: [anyName, ...path.slice(1)], system: false }, { kind: 'schema', path: path.slice(0, 1), system: false });
  if (parts !== undefined || kind === 'schema') found.push({ kind: 'database', path: [anyName], system: false }, { kind: 'target', path: [], system: false });
  return found;
}

function casesOf(slot: Slot, set: PolicySet, questions: readonly Question[], facets: ReadonlySet<Facet>, through?: EntityRef): { readonly cases: readonly CouldCase[]; readonly cut: boolean } {
  const found = new Map<string, { readonly decided: Decided; readonly circumstances: Circumstances[] }>();
  let asked = 0;
  for (const question of questions) {
    for (const [circumstances, one] of varied(question, set, facets)) {
      // A container is a way only where what is in it is meant.
      if (through !== undefined && !isMany(through) && (one.extent === 'none' || one.extent === 'one')) continue;
      asked += 1;
      if (asked > mostAsked) return { cases: cases(found), cut: true };
      const { outcome, reason, needs, policies, observed } = verdict(slot, set, one);
      const decided = { outcome, reason, needs, policies: policies.map(({ ref }) => ref.id), observed: observed.map(({ policy }) => policy.ref.id), through };
      const key = JSON.stringify(decided);
      const known = found.get(key);
      if (known === undefined) found.set(key, { decided, circumstances: [circumstances] });
      else known.circumstances.push(circumstances);
    }
  }
  return { cases: cases(found), cut: false };
}

const counts = new Map(facetNames.map((facet) => [facet, choices[facet].all.length]));
const order = ['permit', 'hold', 'deny'] as const;

function cases(found: ReadonlyMap<string, { readonly decided: Decided; readonly circumstances: readonly Circumstances[] }>): readonly CouldCase[] {
  return [...found.values()].map(({ decided, circumstances }) => ({ ...decided, circumstances: merged(circumstances, counts) })).toSorted((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome));
}

/** Purposes that allow the same are asked about once. */
function distinct(purposes: readonly Purpose[]): ReadonlyMap<Purpose, readonly string[]> {
  const byContent = new Map<string, Purpose>();
  const names = new Map<Purpose, string[]>();
  for (const purpose of purposes) {
    const key = JSON.stringify([purpose.verbs.toSorted(), purpose.labels.toSorted()]);
    const first = byContent.get(key) ?? purpose;
    byContent.set(key, first);
    names.set(first, [...names.get(first) ?? [], purpose.name]);
  }
  return names;
}

function withNames(cases: readonly CouldCase[], purposes: ReadonlyMap<Purpose, readonly string[]>): readonly CouldCase[] {
  const all = new Map([...purposes].map(([{ name }, names]) => [name, names]));
  return cases.map((one) => ({ ...one, circumstances: one.circumstances.map((when) => ({ ...when, purpose: new Set([...when.purpose].flatMap((name) => all.get(name) ?? [name])) })) }));
}

function ofPurposes(left: readonly (readonly Remaining[])[], names: readonly (readonly string[])[]): readonly CouldPolicy[] {
  const found = new Map<string, { readonly one: Remaining; readonly purposes: string[]; count: number }>();
  for (const [at, policies] of left.entries()) {
    for (const one of policies) {
      const key = JSON.stringify(one);
      const known = found.get(key) ?? { one, purposes: [], count: 0 };
      known.purposes.push(...names[at] ?? []);
      known.count += 1;
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ one, purposes, count }) => ({ ...one, purposes: count === left.length ? undefined : purposes }));
}

/** Is what was not understood refused? If not, it may do this as well as anything. */
function refusesOpaque(slot: Slot, set: PolicySet, questions: readonly Question[]): boolean {
  return questions.every((question) => verdict(slot, set, { ...question, verb: 'opaque', resource: { kind: 'statement', path: ['unknown'], system: false }, extent: 'unknown' }).outcome === 'deny');
}

function best(all: readonly CouldCase[]): number {
  return Math.min(...all.map(({ outcome }) => order.indexOf(outcome)), order.length);
}

/**
 * What policies can tell apart is found by partial evaluation; each such case is then decided as the gate would decide it, evidence and all. So a yes is a decision that the
 * gate makes, and a never holds of every command: no policy can tell another case. Total. The set must stand in the slot.
 */
export function couldReach(slot: Slot, set: PolicySet, wish: CouldWish): CouldAnswer {
  const purposes = distinct(wish.purposes);
  const asked = (resource: EntityRef): readonly Question[] => [...purposes.keys()].map((purpose) => questionOf(wish, purpose, resource));
  const questions = asked(wish.resource);
  const left = questions.map((question) => remaining(set, question));
  const own = casesOf(slot, set, questions, mattering(left.flatMap((one) => one.facets)));
  // What is permitted outright needs no way around.
  const others = best(own.cases) === 0 ? [] : ways(wish).map((resource) => casesOf(slot, set, asked(resource), mattering(['extent', ...asked(resource).flatMap((question) => remaining(set, question).facets)]), resource));
  const cut = own.cut || others.some((other) => other.cut);
  const told = withNames([...own.cases, ...others.flatMap((other) => other.cases.filter((one) => best([one]) < best(own.cases)))].toSorted((a, b) => best([a]) - best([b])), purposes);
  const outcomes = new Set(told.map(({ outcome }) => outcome));
  const opaque = !outcomes.has('permit') && !refusesOpaque(slot, set, questions);
  const unsure = cut || opaque || set.traits.volatile || told.some(({ reason }) => reason === 'indeterminate');
  const answer = outcomes.has('permit') ? 'yes' : outcomes.has('hold') ? 'with-evidence' : unsure ? 'undecided' : 'never';
  const notes = [
    ...(cut ? [`more than ${mostAsked} cases can be told apart; not all were asked`] : []),
    ...(opaque ? ['what the gate cannot understand is not refused: that may do this, too'] : []),
    ...(set.traits.volatile ? ['policies compute with the time, so that this holds for the moment alone'] : []),
    ...(wish.target.mode === 'observe' ? [`${wish.target.name} is in observe mode: everything passes, and what this says is only recorded`] : []),
  ];
  const unpermitted = !outcomes.has('permit') && !outcomes.has('hold') && told.some(({ reason }) => reason === 'no-permit');
  const everything = grantEverything(wish.target.name).principal.grants;
  const granted = unpermitted && !wish.principal.grants.some(({ id }) => everything.some((grant) => grant.id === id));
  return {
    answer, cases: told, policies: ofPurposes(left.map(({ policies }) => policies), [...purposes.values()]), notes,
    granted: granted ? couldReach(slot, set, { ...wish, principal: { ...wish.principal, grants: [...wish.principal.grants, ...everything] } }) : undefined,
  };
}
