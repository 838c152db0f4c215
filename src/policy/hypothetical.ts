import type { Evidence } from '../core/decision.ts';
import { farFuture } from './datetime.ts';
import type { Policy } from './policy.ts';

/** What its annotations say of a hold. */
export type Holding = Pick<Policy, 'hold' | 'approvers' | 'quorum'>;

/** A justification that satisfies whatever length a policy asks for. */
const wordsEnough = 100_000;

/** The evidence that the holds' own annotations name, on top of what was given. Never spent, never recorded as given. */
export function hypothetical(holds: readonly Holding[], given: Evidence | undefined): Evidence {
  const asking = holds.filter((policy) => policy.hold.includes('approval'));
  const approval = given?.approval;
  return {
    ...given,
    ...(asking.length === 0 ? {} : {
      approval: {
        id: 'hypothetical', groups: [...new Set([...(approval?.groups ?? []), ...asking.flatMap((policy) => policy.approvers)])],
        count: Math.max(approval?.count ?? 0, ...asking.map((policy) => policy.quorum)), owner: false, sawCounts: true, until: farFuture,
      },
    }),
    ...(holds.some((policy) => policy.hold.includes('justification')) ? { justification: { ticket: 'hypothetical', verified: true, length: wordsEnough } } : {}),
  };
}
