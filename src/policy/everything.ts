import { verbs } from '../core/effect.ts';
import type { AccessRequest } from '../core/decision.ts';

/**
 * Someone who is granted everything on a target, for every purpose, for ever: for `guardrails explain`, so that what refuses is the
 * guardrails and not a missing grant. Never for a session.
 */
export function grantEverything(target: string): Pick<AccessRequest, 'principal' | 'purpose' | 'presence'> {
  const all = [...verbs, 'unmask'] as const;
  return {
    principal: {
      ref: { kind: 'User', name: 'everything' }, enabled: true, groups: [], strongAuth: true,
      grants: [{ id: 'everything', target, resources: [], verbs: all, unmask: [], until: Number.POSITIVE_INFINITY }],
    },
    purpose: { name: 'everything', verbs: all, labels: [] },
    presence: 'unknown',
  };
}
