import type { Effect } from './effect.ts';
import type { Language } from './interpretation.ts';
import type { Principal, Purpose } from './principal.ts';
import type { EntityRef } from './resource.ts';
import type { Target } from './target.ts';

export interface AccessRequest {
  readonly principal: Principal;
  readonly target: Target;
  /** The database that unqualified schemas are in, where the target has several. */
  readonly database: string | undefined;
  readonly language: Language;
  readonly purpose: Purpose;
  readonly presence: 'human' | 'unattended' | 'unknown';
  readonly effects: readonly Effect[];
  /** Functions that run. A policy that speaks of functions may refuse one; none needs to permit it, since what it does is among the effects. */
  readonly calls?: readonly EntityRef[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly evidence?: Evidence;
}

/** What a person added; only ever makes a refusal into a permit, never the reverse. */
export interface Evidence {
  readonly approval?: { readonly id: string; readonly groups: readonly string[]; readonly count: number; readonly owner: boolean; readonly sawCounts: boolean; readonly until: number };
  readonly justification?: { readonly ticket: string; readonly verified: boolean; readonly length: number };
}

/** What a hold waits for. */
export type Need =
  | { readonly kind: 'approval'; readonly approvers: readonly string[]; readonly quorum: number }
  | { readonly kind: 'justification' };

/** A policy that determined the outcome. `id` is `pack/name`. */
export interface PolicyRef {
  readonly id: string;
  readonly title: string;
  readonly mend?: string;
  readonly controls: readonly string[];
}

/** A policy that is only observed, and would not have let the request pass. `error`: it cannot be evaluated; enforced, it would refuse for that. */
export interface ObservedPolicy {
  readonly policy: PolicyRef;
  readonly would: 'hold' | 'deny' | 'error';
}

export type DenyReason = 'forbidden' | 'no-permit' | 'indeterminate';

export type Obligation = { readonly kind: 'record-result'; readonly how: 'digest' | 'none' | 'full' };

interface Determined {
  /** Empty only for a permit of a command that has no effects, for `no-permit`, and for `indeterminate` when no policy was to blame. */
  readonly policies: readonly PolicyRef[];
  /** The policy set that was asked, a digest. */
  readonly policyVersion: string;
  /** The effects (as positions in the request) that determined the outcome; what a refusal points at. */
  readonly because: readonly number[];
  /** What policies in observe mode would have done. They take no part in the outcome. */
  readonly observed: readonly ObservedPolicy[];
  /** May be reused for an equal request until then (ms); 0 when it may not be reused at all; Infinity when no time was read. */
  readonly validUntil: number;
}

export type Decision =
  | (Determined & { readonly outcome: 'permit'; readonly obligations: readonly Obligation[] })
  | (Determined & { readonly outcome: 'hold'; readonly needs: readonly Need[] })
  | (Determined & { readonly outcome: 'deny'; readonly reason: DenyReason; readonly note?: string });

/** Total: an evaluation error is a deny, reason `indeterminate`. Combines over the effects: deny > hold > permit. */
export interface PolicyDecisionPoint {
  /** Grows with every policy reload; a decision of another generation is never reused. */
  readonly generation: number;
  readonly version: string;
  decide(request: AccessRequest): Decision;
}
