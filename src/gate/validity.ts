import { formatPrincipal } from '../core/format.ts';
import type { Principal } from '../core/principal.ts';
import { type Refusal, refusal } from '../core/refusal.ts';

/** Why this principal may have no session at this time; undefined when it may. */
export function whyEnded(principal: Principal, now: number): Refusal | undefined {
  const who = `\`${formatPrincipal(principal.ref)}\``;
  if (!principal.enabled) return refusal('session-revoked', `${who} is disabled`, 'ask its owner or an administrator to enable it');
  if (principal.owner !== undefined && !principal.owner.enabled) return refusal('session-revoked', `the owner of ${who} is disabled`, 'ask an administrator for another owner');
  if (principal.until !== undefined && now >= principal.until) return refusal('session-expired', `${who} has expired`, `its owner can extend it: guardrails agent extend ${principal.ref.name} --for 8h`);
  return undefined;
}
