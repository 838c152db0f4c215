import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Identities, GrantWish } from '../cli/tools.ts';
import type { Config } from '../config/config.ts';
import * as registry from '../identity/registry.ts';
import { ResolvedState } from '../identity/resolve.ts';
import { sqliteStore } from '../store/sqlite-store.ts';
import { statePath } from './state-path.ts';

/** Milliseconds that the CLI waits for a gateway's or another CLI's lock; a person can wait longer than a session. */
const PATIENCE_MS = 5_000;

/** Who makes changes by this CLI, for the record. The operating system says so, so it is as good as access to the state file. */
function operator(): string {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    // A container's user without an entry in passwd(5).
    return `cli:uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

function scopeOf({ target, verbs, resources, unmask, why }: GrantWish): registry.GrantScope {
  return { target, verbs, resources, unmask, ...(why === undefined ? {} : { why }) };
}

function declaredBy({ targets, purposes }: Config): registry.Declared {
  return {
    targets: new Map(targets.map(({ target: { name, protocol } }) => [name, protocol])), purposes: new Set(purposes.keys()),
    labels: new Set([...purposes.values()].flatMap(({ labels }) => labels)),
  };
}

export function openIdentities(config: Config): Identities {
  const clock = Date.now;
  const store = sqliteStore({ path: statePath(config.gateway.data), patience: PATIENCE_MS, clock, randomBytes });
  const context: registry.RegistryContext = { store, clock, randomBytes, by: operator(), declared: declaredBy(config) };
  return {
    createUser: (name) => registry.createUser(context, { name }),
    createService: (name, owner) => registry.createService(context, { name, owner }),
    createAgent: ({ name, owner, purpose, scope }) => registry.createAgent(context, { name, owner, for: scope.for, ...scopeOf(scope), ...(purpose === undefined ? {} : { purpose }) }),
    setEnabled: async (name, enabled) => { await (enabled ? registry.enable : registry.disable)(context, { name }); },
    rotate: (name) => registry.rotate(context, { name }),
    extend: async (name, duration) => (await registry.extend(context, { name, for: duration })).until,
    revoke: async (name) => { await registry.revoke(context, { name }); },
    createGroup: async (name) => { await registry.createGroup(context, { name }); },
    addToGroup: async (group, member) => { await registry.addToGroup(context, { group, member }); },
    removeFromGroup: async (group, member) => { await registry.removeFromGroup(context, { group, member }); },
    grant: async (holder, scope) => (await registry.grant(context, { holder, for: scope.for, ...scopeOf(scope) })).grant,
    revokeGrant: async (id) => { await registry.revokeGrant(context, { id }); },
    freeze: (target, why) => registry.freeze(context, { target, why }),
    unfreeze: (target) => registry.unfreeze(context, { target }),
    freezes: async () => (await store.read(clock())).freezes,
    list: async (endedAfter) => {
      const { users, agents, services, groups, grants } = await registry.list(store, endedAfter);
      return { principals: [...users, ...agents, ...services], groups, grants };
    },
    principal: async (kind, name) => new ResolvedState(await store.read(0)).principal({ kind, name }),
    close: () => store.close(),
  };
}
