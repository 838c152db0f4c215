import type { PrincipalRef } from '../core/principal.ts';
import type { Ended } from '../core/standing.ts';
import type { Verifier } from './verifier.ts';

/** Why a login failed, for the record. A closed list, so that reports can count. */
export type FailureCause =
  | Ended | 'unknown-name' | 'no-secret' | 'wrong-secret' | 'secret-changed' | 'locked-out' | 'malformed' | 'downgrade' | 'channel-binding' | 'state-unavailable';

/** What a login name is checked against. Every name has one: those that are not known, too. */
export interface Account {
  readonly verifier: Verifier;
  readonly standing:
    | { readonly good: true; readonly ref: PrincipalRef }
    | { readonly good: false; readonly cause: Ended; readonly ref: PrincipalRef }
    | { readonly good: false; readonly cause: 'unknown-name' | 'no-secret' };
}
