import type { IdentityChanged, IdentityStore } from '../../core/state.ts';
import type { Protocol } from '../../core/target.ts';

/** What the config has, so that nothing is granted that it has not. */
export interface Declared {
  readonly targets: ReadonlyMap<string, Protocol>;
  readonly purposes: ReadonlySet<string>;
  /** That purposes cover. */
  readonly labels: ReadonlySet<string>;
}

/** What every change of identities needs. */
export interface RegistryContext {
  readonly store: IdentityStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Cryptographic. */
  readonly randomBytes: (length: number) => Buffer;
  /** Who makes the change, for the record: `user:ada`, `cli:root`. */
  readonly by: string;
  /** Undefined: what the config has is not looked at. */
  readonly declared?: Declared;
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
