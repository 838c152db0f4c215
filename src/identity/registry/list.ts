import type { GrantRecord, GroupRecord, Holder, IdentityStore, PrincipalRecord } from '../../core/state.ts';

/** `secret`: whether there is one to log in with. Times are milliseconds since the epoch. */
export type ListedPrincipal = PrincipalRecord & { readonly secret: boolean; readonly groups: readonly string[] };
export type ListedGroup = GroupRecord & { readonly members: readonly Holder[] };

export interface Listing {
  readonly users: readonly ListedPrincipal[];
  readonly agents: readonly ListedPrincipal[];
  readonly services: readonly ListedPrincipal[];
  readonly groups: readonly ListedGroup[];
  /** Not those that were revoked. */
  readonly grants: readonly GrantRecord[];
}

/** By name; agents and grants that ended before `endedAfter` are left out (0 shows all). Throws `StateUnavailable`. No verifier is in it. */
export async function list(store: IdentityStore, endedAfter: number): Promise<Listing> {
  const state = await store.read(endedAfter);
  const withSecret = new Set(state.credentials.filter((credential) => credential.revokedAt === undefined).map((credential) => credential.principal));
  const principals = state.principals.map((record): ListedPrincipal => ({
    ...record, secret: withSecret.has(record.name),
    groups: state.memberships.filter(({ member }) => member.kind === 'principal' && member.name === record.name).map(({ group }) => group),
  }));
  return {
    users: principals.filter((record) => record.kind === 'User'),
    agents: principals.filter((record) => record.kind === 'Agent'),
    services: principals.filter((record) => record.kind === 'Service'),
    groups: state.groups.map((group) => ({ ...group, members: state.memberships.filter((record) => record.group === group.name).map((record) => record.member) })),
    grants: state.grants.filter((record) => record.revokedAt === undefined),
  };
}
