import type { Verb } from './effect.ts';
import type { LifecycleEvent } from './event.ts';
import type { PrincipalKind } from './principal.ts';
import type { EntityRef } from './resource.ts';

/** Times in this file are milliseconds since the epoch. */
export interface PrincipalRecord {
  readonly name: string;
  readonly kind: PrincipalKind;
  readonly enabled: boolean;
  /** A user's name; of agents and services. */
  readonly owner: string | undefined;
  /** Of agents: nothing is permitted at or after it. */
  readonly until: number | undefined;
  /** Of agents: the purpose of a session that names none. */
  readonly purpose: string | undefined;
  readonly createdAt: number;
}

export interface GroupRecord { readonly name: string; readonly createdAt: number }

/** Principals and groups have names of their own: the same text may name one of each. */
export interface Holder { readonly kind: 'principal' | 'group'; readonly name: string }

/** `member` is in `group`; a group in a group gives its members all that the outer one has. */
export interface MembershipRecord { readonly group: string; readonly member: Holder }

export interface GrantRecord {
  readonly id: string;
  readonly holder: Holder;
  readonly target: string;
  readonly resources: readonly EntityRef[];
  readonly verbs: readonly (Verb | 'unmask')[];
  readonly unmask: readonly string[];
  readonly until: number;
  readonly why: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly revokedAt: number | undefined;
}

export interface CredentialRecord {
  readonly id: string;
  readonly principal: string;
  /** As PostgreSQL keeps it (pg_authid): `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`. Never leaves the process. */
  readonly verifier: string;
  readonly createdAt: number;
  readonly revokedAt: number | undefined;
}

/** For as long as there is one, its target lets nothing but reads pass. One a target; it outlives restarts. */
export interface FreezeRecord {
  readonly target: string;
  /** Empty when nobody said. */
  readonly why: string;
  readonly by: string;
  readonly since: number;
}

export interface IdentityState {
  readonly principals: readonly PrincipalRecord[];
  readonly groups: readonly GroupRecord[];
  readonly memberships: readonly MembershipRecord[];
  readonly grants: readonly GrantRecord[];
  readonly freezes: readonly FreezeRecord[];
  /** In the order in which they were made. */
  readonly credentials: readonly CredentialRecord[];
  /** 32 random bytes in base64, made with the store: keys the answers that unknown users get. */
  readonly mockKey: string;
}

export type IdentityChange =
  | { readonly put: 'principal'; readonly record: PrincipalRecord }
  | { readonly put: 'group'; readonly record: GroupRecord }
  | { readonly put: 'membership'; readonly record: MembershipRecord }
  | { readonly put: 'no-membership'; readonly record: MembershipRecord }
  | { readonly put: 'grant'; readonly record: GrantRecord }
  | { readonly put: 'credential'; readonly record: CredentialRecord }
  | { readonly put: 'freeze'; readonly record: FreezeRecord }
  | { readonly put: 'no-freeze'; readonly target: string };

export type IdentityChanged = Extract<LifecycleEvent, { readonly type: 'identity-changed' }>;
export type FreezeChanged = Extract<LifecycleEvent, { readonly type: 'target-frozen' | 'target-unfrozen' }>;
export type ConfigChanged = Extract<LifecycleEvent, { readonly type: 'config-changed' }>;

export interface ChangeSet<T> {
  readonly changes: readonly IdentityChange[];
  readonly events: readonly (IdentityChanged | FreezeChanged)[];
  readonly result: T;
}

/** An event that was committed with its change and still has to reach the log. */
export interface Unrecorded { readonly id: number; readonly at: number; readonly event: IdentityChanged | FreezeChanged | ConfigChanged }

export type StateFault = 'locked' | 'corrupt' | 'newer' | 'not-ours' | 'missing' | 'permission' | 'disk';

/** The state store does not work. Nobody is known until it does; `mend` says what a person can do. */
export class StateUnavailable extends Error {
  override readonly name = 'StateUnavailable';
  readonly fault: StateFault;
  readonly mend: string;
  constructor(fault: StateFault, message: string, mend: string) { super(message); this.fault = fault; this.mend = mend; }
}

/**
 * Where identities and freezes live. Several processes share one; each method stands alone and tries anew, so that a store that failed comes back by itself.
 * Every method rejects with `StateUnavailable`, and only with that (`change` also with whatever `decide` threw).
 */
export interface IdentityStore {
  /** Differs from what was answered before when anything may have changed, by whatever process. Cheap: made to be polled. */
  revision(): Promise<string>;
  /** One consistent snapshot. Leaves out agents and grants that ended before `endedAfter`, and credentials of theirs. */
  read(endedAfter: number): Promise<IdentityState>;
  /**
   * `decide` sees everything, under the write lock, and MUST be pure: what it throws rolls back. Changes and events are committed together
   * and are durable (fsync) when this resolves.
   */
  change<T>(decide: (state: IdentityState) => ChangeSet<T>): Promise<T>;
  /**
   * Keeps the digest of the config that a gateway starts with. Answers the one that was kept before when it is another, and leaves an event of it in the
   * same commit: of several processes that start at once, one leaves it.
   */
  noteConfig(digest: string): Promise<string | undefined>;
  /** Oldest first. The one log writer appends each and then says `markRecorded`: at least once, never lost with the process that made the change. */
  unrecorded(limit: number): Promise<readonly Unrecorded[]>;
  markRecorded(ids: readonly number[]): Promise<void>;
  close(): Promise<void>;
}
