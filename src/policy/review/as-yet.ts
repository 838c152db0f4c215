import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';
import { context } from '../context.ts';
import { nothingQuestion } from '../effect-question.ts';
import { canHold, Formulas } from './formula.ts';
import { residuals, type KnownParts } from './partial.ts';
import type { Policy, PolicySet } from '../policy.ts';
import type { Asker } from '../question.ts';
import { actionsOf, formulaOf, knownOf, type ActionView } from './requests.ts';
import { vocabularyOf } from './vocabulary.ts';

/** What the words of policies have and this gateway does not tell them yet. */
const missing = ['amounts of rows', 'runs of agents', 'labels', 'actions that no command is asked about', 'resources of other protocols'] as const;
type Missing = (typeof missing)[number];

/** Actions that no command is asked about yet: clear values, and the gate's own plane but for approvals. */
const notAsked: ReadonlySet<string> = new Set(['unmask', 'view', 'manageAgents', 'managePolicy', 'manageTargets', 'eraseContent', 'killSession']);
/** Of protocols that are not spoken yet. */
const notMet: ReadonlySet<string> = new Set(['Endpoint', 'Tool']);

const anyAsker: Asker = {
  principal: { ref: { kind: 'User', name: 'any' }, enabled: true, groups: [], grants: [], strongAuth: false }, target: { name: 'any', protocol: 'postgres', environment: 'unspecified', mode: 'enforce' },
  database: undefined, language: 'sql/postgres', purpose: { name: 'any', verbs: [], labels: [] }, presence: 'unknown', now: 0,
};

/** As every question of a command has it: taken from one, so that it is right for as long as that is. */
function told(without: ReadonlySet<Missing>): readonly (readonly [string, CedarValueJson])[] {
  const asked = context(nothingQuestion(anyAsker, undefined), undefined);
  const parts: readonly (readonly [Missing, string])[] = [['amounts of rows', 'amount'], ['runs of agents', 'run'], ['labels', 'carries']];
  return parts.flatMap(([part, name]) => {
    const value = asked[name];
    return without.has(part) || value === undefined ? [] : [[name, value] as const];
  });
}

function firing(policies: readonly Policy[], set: Pick<PolicySet, 'schema'>, without: ReadonlySet<Missing>): ReadonlySet<string> {
  const vocabulary = vocabularyOf(set.schema);
  const found = new Set<string>();
  for (const { action, facts } of actionsOf(set)) {
    if (!without.has('actions that no command is asked about') && notAsked.has(action)) continue;
    const met = without.has('resources of other protocols') ? facts : { ...facts, resources: facts.resources.filter((type) => !notMet.has(type)) };
    const view: ActionView = { action, facts: met, formulas: new Formulas(vocabulary, met) };
    const { context: known } = knownOf(view, 'unknown', told(without));
    const parts: KnownParts = { context: known, ...(without.has('labels') ? {} : { resource: new Map<string, CedarValueJson>([['labels', []], ['classes', []]]) }) };
    const left = residuals(policies.map((policy) => ({ id: policy.ref.id, policy, known: parts })), view);
    for (const { ref: { id } } of policies) {
      const formula = formulaOf(left.get(id), view);
      if (formula === undefined || canHold(formula) !== false) found.add(id);
    }
  }
  return found;
}

/** Policies that say nothing of any command as yet, and what they wait for, in words. Throws where the schema is none. */
export function waitingOf(set: Pick<PolicySet, 'schema' | 'policies'>): ReadonlyMap<string, string> {
  const all = [...set.policies.values()];
  const now = firing(all, set, new Set());
  const waiting = all.filter(({ ref }) => !now.has(ref.id));
  if (waiting.length === 0) return new Map();
  const alone = missing.map((part) => [part, firing(waiting, set, new Set([part]))] as const);
  const allBut = missing.map((part) => [part, firing(waiting, set, new Set(missing.filter((other) => other !== part)))] as const);
  return new Map(waiting.map(({ ref: { id } }) => {
    const needed = allBut.flatMap(([part, ids]) => (ids.has(id) ? [] : [part]));
    // One that never fires whatever is told waits for nothing: that is said elsewhere.
    return [id, needed.length === missing.length ? '' : needed.length > 0 ? needed.join(' and ') : alone.flatMap(([part, ids]) => (ids.has(id) ? [part] : [])).join(' or ')] as const;
  }).filter(([, words]) => words !== ''));
}
