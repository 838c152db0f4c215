import type { PrincipalRef } from '../core/principal.ts';
import type { Verifier } from './verifier.ts';

/** Why a login failed, for the record; the client is not told which. A closed list, so that reports can count. */
export type FailureCause =
  | 'unknown-name' | 'no-secret' | 'secret-revoked' | 'disabled' | 'expired' | 'owner-disabled' | 'wrong-secret' | 'secret-changed'
  | 'locked-out' | 'malformed' | 'downgrade' | 'channel-binding' | 'state-unavailable';

/** What a login name is checked against. Every name has one: those that are not known, too. */
export interface Account {
  readonly verifier: Verifier;
  readonly standing: { readonly good: true; readonly ref: PrincipalRef } | { readonly good: false; readonly cause: FailureCause };
}
