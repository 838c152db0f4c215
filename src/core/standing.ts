import { formatPrincipal } from './format.ts';
import type { Principal, PrincipalRef } from './principal.ts';
import { type Refusal, refusal } from './refusal.ts';

/** Why somebody who was let in once is not any more. A closed list: it stands in the record, and reports count it. */
export type Ended = 'secret-revoked' | 'disabled' | 'owner-disabled' | 'expired';

/** Undefined when the principal may have a session at this time. What a person did comes before what time did: it cannot be waited out or extended. */
export function whyEnded(principal: Pick<Principal, 'secretRevoked' | 'enabled' | 'owner' | 'until'>, now: number): Ended | undefined {
  if (principal.secretRevoked === true) return 'secret-revoked';
  if (!principal.enabled) return 'disabled';
  if (principal.owner?.enabled === false) return 'owner-disabled';
  if (principal.until !== undefined && now >= principal.until) return 'expired';
  return undefined;
}

/** Only for whoever has proven to be, or to have been, that principal. */
export function endedRefusal(ref: PrincipalRef, ended: Ended): Refusal {
  const who = `\`${formatPrincipal(ref)}\``;
  switch (ended) {
    case 'secret-revoked': return refusal('session-revoked', `${who} was revoked`, bringBack(ref));
    case 'disabled': return refusal('session-revoked', `${who} is disabled`, 'ask its owner or an administrator to enable it');
    case 'owner-disabled': return refusal('session-revoked', `the owner of ${who} is disabled`, 'ask an administrator for another owner');
    case 'expired': return refusal('session-expired', `${who} has expired`, `its owner can extend it: guardrails agent extend ${ref.name} --for 8h`);
    default: return ended satisfies never;
  }
}

function bringBack({ kind, name }: PrincipalRef): string {
  const rotate = `guardrails ${kind.toLowerCase()} rotate ${name}`;
  if (kind !== 'Agent') return `do not try again with this secret; an administrator can give a new one: ${rotate}`;
  return `do not try again with this secret; its owner can bring it back: guardrails agent extend ${name} --for 8h, then ${rotate}`;
}
