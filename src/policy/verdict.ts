import type { Decision, DenyReason, Need, ObservedPolicy } from '../core/decision.ts';
import type { Grant } from '../core/principal.ts';
import { lineage } from './ancestry.ts';
import { answerAll, watchAll, type Whole } from './answer.ts';
import type { Slot } from './cedar.ts';
import { covering } from './coverage.ts';
import { hypothetical } from './hypothetical.ts';
import type { Policy, PolicySet } from './policy.ts';
import type { Question } from './question.ts';
import { mendOfCall, mendThrough } from './through.ts';
import { validity } from './validity.ts';

/** What a policy that is only observed would have done. */
export interface Observed {
  readonly policy: Policy;
  readonly would: ObservedPolicy['would'];
}

/** The answer to one question. */
export interface Verdict {
  readonly outcome: Decision['outcome'];
  readonly policies: readonly Policy[];
  readonly needs: readonly Need[];
  readonly reason: DenyReason | undefined;
  readonly note: string | undefined;
  readonly observed: readonly Observed[];
  /** As `Decision.validUntil`. */
  readonly validUntil: number;
}

type Judged = Omit<Verdict, 'validUntil' | 'observed'>;

/** More grants than this on one resource are not tried one by one. */
const mostGrantsTried = 8;

function denied(reason: DenyReason, policies: readonly Policy[], note?: string): Judged {
  return { outcome: 'deny', policies, needs: [], reason, note };
}

export function needsOf(holds: readonly Policy[]): readonly Need[] {
  const asking = holds.filter((policy) => policy.hold.includes('approval'));
  const needs: Need[] = [];
  if (asking.length > 0) needs.push({ kind: 'approval', approvers: [...new Set(asking.flatMap((policy) => policy.approvers))].toSorted(), quorum: Math.max(...asking.map((policy) => policy.quorum)) });
  if (holds.some((policy) => policy.hold.includes('justification'))) needs.push({ kind: 'justification' });
  return needs;
}

/** The decision function (reference: cedar.md, law 4): a hold is a deny that would be a permit with just the evidence that its holds name. */
function judge(slot: Slot, set: PolicySet, question: Question, grant: Grant | undefined): Judged {
  const known = (ids: readonly string[], { through }: Whole): Policy[] => ids.flatMap((id) => {
    const [policy, reached] = [set.policies.get(id), through.get(id)];
    if (policy === undefined) return [];
    if (question.isCall === true) return { ...policy, ref: { ...policy.ref, mend: mendOfCall(question, policy.ref.mend) } };
    return reached === undefined ? policy : { ...policy, ref: { ...policy.ref, mend: mendThrough(question, reached, policy.ref.mend) } };
  });
  const first = answerAll(slot, set, question, grant);
  if (first.failed) return denied('indeterminate', known(first.policies, first), first.note);
  const reasons = known(first.reasons, first);
  if (first.allow) return { outcome: 'permit', policies: reasons, needs: [], reason: undefined, note: undefined };
  if (reasons.length === 0) return denied('no-permit', []);
  // One hard forbid beats every hold: no evidence would help.
  const hard = reasons.filter((policy) => policy.hold.length === 0);
  if (hard.length > 0) return denied('forbidden', hard);
  const second = answerAll(slot, set, { ...question, evidence: hypothetical(reasons, question.evidence) }, grant);
  if (second.failed) return denied('indeterminate', known(second.policies, second), second.note);
  if (second.allow) return { outcome: 'hold', policies: reasons, needs: needsOf(reasons), reason: undefined, note: undefined };
  return second.reasons.length === 0 ? denied('no-permit', []) : denied('forbidden', known(second.reasons, second));
}

/**
 * What the set's observed policies would have done to the same question. Each for itself: a hold, when with just the evidence that the holds among them
 * name it would not have refused. Evaluated apart from those that decide, so that nothing of it reaches the verdict.
 */
function observe(slot: Slot, set: PolicySet, question: Question, grant: Grant | undefined): readonly Observed[] {
  if (!set.traits.observes) return [];
  const known = (ids: readonly string[]): Policy[] => ids.flatMap((id) => (question.isCall === true && !set.traits.ofCalls.has(id) ? [] : set.policies.get(id) ?? []));
  const first = watchAll(slot, set, question, grant);
  const refusing = known(first.refusing);
  const holds = refusing.filter((policy) => policy.hold.length > 0);
  const lifted = holds.length === 0 ? undefined : watchAll(slot, set, { ...question, evidence: hypothetical(holds, question.evidence) }, grant);
  const isHold = ({ hold, ref: { id } }: Policy): boolean => hold.length > 0 && lifted !== undefined && !lifted.refusing.includes(id) && !lifted.erring.includes(id);
  return [
    ...refusing.map((policy): Observed => ({ policy, would: isHold(policy) ? 'hold' : 'deny' })),
    ...known(first.erring).map((policy): Observed => ({ policy, would: 'error' })),
  ];
}

type Watched = Judged & Pick<Verdict, 'observed'>;

/** A permit that nothing observed would take away is the best that a grant can come to. */
function rank({ outcome, observed }: Watched): number {
  return { permit: 4, hold: 2, deny: 0 }[outcome] + (observed.length === 0 ? 1 : 0);
}

/**
 * Total. The principal acts under the grant that serves it best: those that reach the resource with the verb and have not expired are tried,
 * latest end first, for as long as another could change the answer.
 */
export function verdict(slot: Slot, set: PolicySet, question: Question): Verdict {
  const { principal, target, database, now } = question.asker;
  const indices = covering(principal, question.verb, lineage(question, target, database).flat(), target, database);
  const grants = indices.flatMap((index) => principal.grants[index] ?? []).filter((grant) => now < grant.until).toSorted((a, b) => b.until - a.until).slice(0, mostGrantsTried);
  const readsGrant = (policy: Policy): boolean => set.traits.readsGrant.has(policy.ref.id);
  let best: Watched | undefined;
  for (const grant of grants.length === 0 ? [undefined] : grants) {
    const judged: Watched = { ...judge(slot, set, question, grant), observed: observe(slot, set, question, grant) };
    if (best === undefined || rank(judged) > rank(best)) best = judged;
    if (judged.reason === 'indeterminate') break;
    const another = judged.outcome !== 'permit' && (judged.reason === 'no-permit' || judged.policies.some(readsGrant));
    if (!another && !judged.observed.some(({ policy }) => readsGrant(policy))) break;
  }
  const result = best ?? { ...denied('no-permit', []), observed: [] };
  // What went wrong may not go wrong again: an indeterminate answer is never kept.
  return { ...result, validUntil: result.reason === 'indeterminate' ? 0 : validity(set.traits, question, grants) };
}
