import { both, canHold, not, type Formula } from './formula.ts';
import { residuals } from './partial.ts';
import type { Policy, PolicySet } from '../policy.ts';
import { actionsOf, formulaOf, knownOf } from './requests.ts';

/** What a policy adds nothing to. Proven by partial evaluation; of what is not proven nothing is said. */
export type Redundant =
  /** There is no request of which it would say anything. */
  | { readonly kind: 'impossible' }
  /** Whatever it refuses, the other refuses for good. */
  | { readonly kind: 'refused-anyway'; readonly by: Policy }
  /** Whatever it says something of, the other says the same of. */
  | { readonly kind: 'said-anyway'; readonly by: Policy }
  /** It is a permit, and the other forbids all of it for good. */
  | { readonly kind: 'never-permits'; readonly by: Policy };

/** Sets with more are not compared pair by pair. */
export const mostCompared = 150;

/** Is every request of the one a request of the other? */
type Within = (one: Policy, other: Policy) => boolean;

function covering(one: Policy, other: Policy, within: Within): Redundant['kind'] | undefined {
  const hard = other.effect === 'forbid' && other.hold.length === 0;
  if (one.effect === 'permit') return hard && within(one, other) ? 'never-permits' : other.effect === 'permit' && within(one, other) ? 'said-anyway' : undefined;
  if (other.effect === 'permit' || !within(one, other)) return undefined;
  if (hard) return one.hold.length > 0 ? 'refused-anyway' : 'said-anyway';
  // Both hold: the other must send for no less.
  const more = one.hold.every((kind) => other.hold.includes(kind)) && one.hold.length > 0 && one.approvers.every((group) => other.approvers.includes(group));
  return more && (Number.isNaN(one.quorum) || one.quorum <= other.quorum) ? 'said-anyway' : undefined;
}

/** Of those that are enforced, by id. Evidence may be there or not. Throws where the schema is none. */
export function redundantOf(set: Pick<PolicySet, 'schema' | 'policies'>): ReadonlyMap<string, Redundant> {
  const policies = [...set.policies.values()].filter(({ mode }) => mode === 'enforce');
  const views = actionsOf(set);
  const byAction = views.map((view) => {
    const left = residuals(policies.map((policy) => ({ id: policy.ref.id, policy, known: knownOf(view, 'unknown') })), view);
    return new Map(policies.map(({ ref: { id } }): [string, Formula | undefined] => [id, formulaOf(left.get(id), view)]));
  });
  const found = new Map<string, Redundant>();
  const says = new Map(policies.map(({ ref: { id } }): [string, readonly number[]] => [id, byAction.flatMap((formulas, at) => {
    const formula = formulas.get(id);
    return formula === undefined || canHold(formula) !== false ? [at] : [];
  })]));
  for (const { ref: { id } } of policies) if (says.get(id)?.length === 0) found.set(id, { kind: 'impossible' });
  if (policies.length > mostCompared) return found;
  const within: Within = (one, other) => (says.get(one.ref.id) ?? []).every((at) => {
    const [formula, wider] = [byAction[at]?.get(one.ref.id), byAction[at]?.get(other.ref.id)];
    return formula !== undefined && wider !== undefined && canHold(both(formula, not(wider))) === false;
  });
  for (const [at, one] of policies.entries()) {
    for (const [position, other] of policies.entries()) {
      if (one === other || found.has(one.ref.id) || found.has(other.ref.id)) continue;
      const kind = covering(one, other, within);
      // Of two that say the same the later one is the one too many.
      if (kind === undefined || kind === 'impossible' || (position > at && covering(other, one, within) === kind)) continue;
      found.set(one.ref.id, { kind, by: other });
    }
  }
  return found;
}
