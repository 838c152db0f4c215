import type { IdentityChanged, IdentityStore } from '../../core/state.ts';

/** What every change of identities needs. */
export interface RegistryContext {
  readonly store: IdentityStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Cryptographic. */
  readonly randomBytes: (length: number) => Buffer;
  /** Who makes the change, for the record: `user:ada`, `cli:root`. */
  readonly by: string;
}

/**
 * `event` was committed together with the change (`IdentityStore.unrecorded`): the log writer takes it from there. Whoever shows it MUST NOT
 * record it once more.
 */
export interface Changed { readonly event: IdentityChanged }

/** `secret` is shown once and kept nowhere. */
export interface ChangedWithSecret extends Changed { readonly secret: string }

/** 64 random bits in hexadecimal, after a prefix that says what it names. */
export function makeId(context: RegistryContext, prefix: 'grant' | 'cred'): string {
  return `${prefix}-${context.randomBytes(8).toString('hex')}`;
}
