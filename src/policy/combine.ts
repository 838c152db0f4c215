import type { Decision, DenyReason, Need, ObservedPolicy, PolicyRef } from '../core/decision.ts';
import type { Verdict } from './verdict.ts';

/** Which of several reasons a client is told: a fault of ours first, then what was forbidden, then what nobody granted. */
const reasonOrder: readonly DenyReason[] = ['indeterminate', 'forbidden', 'no-permit'];

function union(needs: readonly Need[]): readonly Need[] {
  const approvals = needs.flatMap((need) => (need.kind === 'approval' ? [need] : []));
  const joined: Need[] = [];
  if (approvals.length > 0) {
    joined.push({ kind: 'approval', approvers: [...new Set(approvals.flatMap((need) => need.approvers))].toSorted(), quorum: Math.max(...approvals.map((need) => need.quorum)) });
  }
  if (needs.some((need) => need.kind === 'justification')) joined.push({ kind: 'justification' });
  return joined;
}

/** The heavier comes first: one policy may hold one effect of a command and refuse another. */
const wouldOrder: readonly ObservedPolicy['would'][] = ['error', 'deny', 'hold'];

/** Of all effects, whatever came of them: each policy once, by id, with the heaviest of what it would have done. */
function observedBy(verdicts: readonly Verdict[]): readonly ObservedPolicy[] {
  const found = new Map<string, ObservedPolicy>();
  for (const { policy, would } of verdicts.flatMap(({ observed }) => observed)) {
    const known = found.get(policy.ref.id);
    if (known === undefined || wouldOrder.indexOf(would) < wouldOrder.indexOf(known.would)) found.set(policy.ref.id, { policy: policy.ref, would });
  }
  return [...found.values()].toSorted((a, b) => (a.policy.id < b.policy.id ? -1 : 1));
}

/** One decision for the verdicts of a command's effects, in their order: deny > hold > permit. None at all is a permit. */
export function combine(verdicts: readonly Verdict[], policyVersion: string): Decision {
  const outcome = (['deny', 'hold', 'permit'] as const).find((outcome) => verdicts.some((verdict) => verdict.outcome === outcome)) ?? 'permit';
  const reason = reasonOrder.find((reason) => verdicts.some((verdict) => verdict.reason === reason));
  const because: number[] = [];
  const policies = new Map<string, PolicyRef>();
  const needs: Need[] = [];
  let note: string | undefined;
  let validUntil = Number.POSITIVE_INFINITY;
  for (const [index, verdict] of verdicts.entries()) {
    validUntil = Math.min(validUntil, verdict.validUntil);
    if (verdict.outcome !== outcome || (outcome === 'deny' && verdict.reason !== reason)) continue;
    because.push(index);
    for (const policy of verdict.policies) policies.set(policy.ref.id, policy.ref);
    needs.push(...verdict.needs);
    note ??= verdict.note;
  }
  const determined = { policies: [...policies.values()], policyVersion, because, observed: observedBy(verdicts), validUntil };
  if (outcome === 'permit') return { outcome, obligations: [], ...determined };
  if (outcome === 'hold') return { outcome, needs: union(needs), ...determined };
  return { outcome, reason: reason ?? 'indeterminate', ...(note === undefined ? {} : { note }), ...determined };
}

/** What is answered when nothing could be asked. */
export function indeterminate(note: string, policyVersion: string, effects: number): Decision {
  return { outcome: 'deny', reason: 'indeterminate', note, policies: [], policyVersion, observed: [], because: Array.from({ length: effects }, (_, index) => index), validUntil: 0 };
}
