import type { Grant } from '../core/principal.ts';
import type { Traits } from './policy.ts';
import type { Question } from './question.ts';

/**
 * Until when (ms, exclusive) an equal question has the same answer: the nearest of the moments that policies compare the time with.
 * 0 when a policy computes with the time; Infinity when none reads it.
 */
export function validity(traits: Traits, question: Question, grants: readonly Grant[]): number {
  if (traits.volatile) return 0;
  const { now, principal } = question.asker;
  // Which grants are tried depends on the time even where no policy reads it.
  const moments = grants.map((grant) => grant.until);
  if (traits.readsNow) {
    moments.push(...traits.moments);
    if (principal.until !== undefined) moments.push(principal.until);
    const approved = question.evidence?.approval?.until;
    if (approved !== undefined) moments.push(approved);
  }
  let nearest = Number.POSITIVE_INFINITY;
  for (const moment of moments) {
    // At the moment itself `now <= moment` still holds, and no longer one millisecond later.
    const change = moment === now ? now + 1 : moment;
    if (change > now && change < nearest) nearest = change;
  }
  return nearest;
}
