import type { Grant, Principal, PrincipalRef } from '../core/principal.ts';
import type { FreezeRecord, GrantRecord, Holder, IdentityState, PrincipalRecord } from '../core/state.ts';
import { whyEnded } from '../core/standing.ts';
import type { Account } from './account.ts';
import { formatVerifier, keyLength, mockVerifier, parseVerifier } from './verifier.ts';

/** Read in place of the one that an unknown name does not have. */
const noOnesVerifier = formatVerifier(mockVerifier(Buffer.alloc(keyLength), ''));

/** One snapshot of the state, indexed. Pure; what it answers is worked out when asked. */
export class ResolvedState {
  readonly #principals: ReadonlyMap<string, PrincipalRecord>;
  /** Groups that a holder is directly in. */
  readonly #memberships: ReadonlyMap<string, readonly string[]>;
  readonly #grants: ReadonlyMap<string, readonly GrantRecord[]>;
  /** The live secret's verifier, else that of the latest one. */
  readonly #secrets: ReadonlyMap<string, { readonly verifier: string; readonly live: boolean }>;
  readonly #freezes: ReadonlyMap<string, FreezeRecord>;
  readonly #mockKey: Buffer;

  constructor(state: IdentityState) {
    this.#principals = new Map(state.principals.map((record) => [record.name, record]));
    this.#memberships = grouped(state.memberships, (record) => holderKey(record.member), (record) => record.group);
    this.#grants = grouped(state.grants.filter((record) => record.revokedAt === undefined), (record) => holderKey(record.holder), (record) => record);
    const secrets = new Map<string, { verifier: string; live: boolean }>();
    for (const { principal, verifier, revokedAt } of state.credentials) {
      const live = revokedAt === undefined;
      if (live || secrets.get(principal)?.live !== true) secrets.set(principal, { verifier, live });
    }
    this.#secrets = secrets;
    this.#freezes = new Map(state.freezes.map((record) => [record.target, record]));
    this.#mockKey = Buffer.from(state.mockKey, 'base64');
  }

  frozen(target: string): FreezeRecord | undefined { return this.#freezes.get(target); }

  has(name: string): boolean { return this.#principals.has(name); }

  principal(ref: PrincipalRef): Principal | undefined {
    const record = this.#principals.get(ref.name);
    if (record === undefined || record.kind !== ref.kind) return undefined;
    const secretRevoked = this.#secrets.get(record.name)?.live === false;
    const groups = this.#groupsOf(record.name);
    const holders: Holder[] = [{ kind: 'principal', name: record.name }, ...groups.map((name): Holder => ({ kind: 'group', name }))];
    return {
      ref: { kind: record.kind, name: record.name }, enabled: record.enabled, groups, strongAuth: false,
      grants: holders.flatMap((holder) => this.#grants.get(holderKey(holder)) ?? []).map(grantOf),
      ...(secretRevoked ? { secretRevoked } : {}),
      ...(record.owner === undefined ? {} : { owner: this.#owner(record.owner) }),
      ...(record.until === undefined ? {} : { until: record.until }),
      ...(record.purpose === undefined ? {} : { purpose: record.purpose }),
    };
  }

  /** Unknown names do the same work as known ones. */
  account(user: string, now: number): Account {
    const mock = mockVerifier(this.#mockKey, user);
    const record = this.#principals.get(user);
    const secret = this.#secrets.get(user);
    const verifier = parseVerifier(secret?.verifier ?? noOnesVerifier);
    if (record === undefined) return { verifier: mock, standing: { good: false, cause: 'unknown-name' } };
    if (secret === undefined || verifier === undefined) return { verifier: mock, standing: { good: false, cause: 'no-secret' } };
    // Whoever lost the right keeps the salt that was seen before: a salt that changes would tell.
    const ref = { kind: record.kind, name: record.name };
    const cause = whyEnded({
      secretRevoked: !secret.live, enabled: record.enabled, ...(record.owner === undefined ? {} : { owner: this.#owner(record.owner) }),
      ...(record.until === undefined ? {} : { until: record.until }),
    }, now);
    return { verifier, standing: cause === undefined ? { good: true, ref } : { good: false, cause, ref } };
  }

  #owner(name: string): { readonly name: string; readonly enabled: boolean } {
    const owner = this.#principals.get(name);
    return { name, enabled: owner !== undefined && owner.kind === 'User' && owner.enabled };
  }

  /** Also through groups in groups; sorted. A ring of groups ends by the set. */
  #groupsOf(name: string): readonly string[] {
    const found = new Set<string>(this.#memberships.get(holderKey({ kind: 'principal', name })));
    for (const group of found) for (const outer of this.#memberships.get(holderKey({ kind: 'group', name: group })) ?? []) found.add(outer);
    return [...found].sort();
  }
}

function holderKey(holder: Holder): string {
  return `${holder.kind}:${holder.name}`;
}

function grouped<T, V>(records: readonly T[], key: (record: T) => string, value: (record: T) => V): ReadonlyMap<string, readonly V[]> {
  const map = new Map<string, V[]>();
  for (const record of records) {
    const list = map.get(key(record));
    if (list === undefined) map.set(key(record), [value(record)]);
    else list.push(value(record));
  }
  return map;
}

function grantOf({ id, target, resources, verbs, unmask, until }: GrantRecord): Grant {
  return { id, target, resources, verbs, unmask, until };
}
