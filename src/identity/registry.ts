/** Changes of users, agents, services, groups, grants, secrets and freezes, for the CLI and the admin API. Each throws `RegistryError` or `StateUnavailable`, having changed nothing. */
export { createAgent, createService, createUser } from './registry/create.ts';
export type { CreatedAgent, NewAgent } from './registry/create.ts';
export { disable, enable, extend, revoke, rotate } from './registry/lifecycle.ts';
export type { Extended } from './registry/lifecycle.ts';
export { addToGroup, createGroup, removeFromGroup } from './registry/groups.ts';
export { grant, revokeGrant } from './registry/grants.ts';
export type { GrantScope, Granted } from './registry/grants.ts';
export { freeze, unfreeze } from './registry/freezes.ts';
export type { Frozen } from './registry/freezes.ts';
export { list } from './registry/list.ts';
export type { ListedGroup, ListedPrincipal, Listing } from './registry/list.ts';
export { RegistryError } from './registry/error.ts';
export type { RegistryErrorCode } from './registry/error.ts';
export type { Changed, ChangedWithSecret, Declared, RegistryContext } from './registry/context.ts';
export type { Life } from './registry/checks.ts';
