import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { IdentityStore } from '../core/state.ts';
import { sqliteStore } from '../store/sqlite-store.ts';
import {
  addToGroup, createAgent, createGroup, createService, createUser, disable, enable, extend, grant, list, removeFromGroup, revoke, revokeGrant, rotate,
} from './registry.ts';
import type { NewAgent, RegistryContext } from './registry.ts';
import { isSecret } from './secret.ts';

const hour = 3_600_000;
let now = 0;
let folder = '';
let store: IdentityStore;
let context: RegistryContext;

beforeEach(async () => {
  now = Date.UTC(2026, 0, 1);
  folder = mkdtempSync(join(tmpdir(), 'registry-'));
  store = sqliteStore({ path: join(folder, 'state.db'), clock: () => now, randomBytes });
  context = { store, clock: () => now, randomBytes, by: 'cli:root' };
  await createUser(context, { name: 'ada' });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const reporter: NewAgent = { name: 'reporter', owner: 'ada', target: 'prod-db', verbs: ['update', 'read'], resources: ['table:public.users'], for: '8h', purpose: 'reporting' };

/** `code: message`, or what was answered instead. */
async function problem(work: Promise<unknown>): Promise<string> {
  try {
    return `no error: ${JSON.stringify(await work)}`;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'mend' in error)) throw error;
    expect(String(error.mend)).not.toBe('');
    return `${String(error.code)}: ${error.message}`;
  }
}

describe('an agent', () => {
  test('is made with owner, end, first grant and a secret', async () => {
    const made = await createAgent(context, reporter);
    expect(isSecret(made.secret)).toBe(true);
    expect(made.until).toBe(now + 8 * hour);
    const { agents, grants } = await list(store, 0);
    expect(agents).toMatchObject([{ name: 'reporter', kind: 'Agent', owner: 'ada', until: now + 8 * hour, enabled: true, purpose: 'reporting', secret: true }]);
    expect(grants).toMatchObject([{ id: made.grant.id, holder: { kind: 'principal', name: 'reporter' }, target: 'prod-db', verbs: ['read', 'update'], until: now + 8 * hour,
      resources: [{ kind: 'table', path: ['public', 'users'], system: false }], createdBy: 'cli:root' }]);
  });

  test('its event says what it is and never its secret, and waits for the log', async () => {
    const made = await createAgent(context, reporter);
    expect(made.event).toEqual({ type: 'identity-changed', action: 'create', what: 'agent', name: 'reporter', by: 'cli:root',
      detail: `owner ada, until 2026-01-01T08:00:00.000Z, ${made.grant.id}: read,update on prod-db (table:public.users) until 2026-01-01T08:00:00.000Z` });
    const waiting = await store.unrecorded(10);
    expect(waiting).toMatchObject([{ event: { name: 'ada' } }, { event: { name: 'reporter' } }]);
    await store.markRecorded(waiting.slice(0, 1).map(({ id }) => id));
    expect(await store.unrecorded(10)).toEqual(waiting.slice(1));
  });

  test('the state holds no secret', async () => {
    const { secret } = await createAgent(context, reporter);
    expect(JSON.stringify(await store.read(0))).not.toContain(secret.slice(4, 20));
  });

  test('extended: the grant that was to end with it moves along', async () => {
    await createAgent(context, reporter);
    await grant(context, { holder: { kind: 'principal', name: 'reporter' }, target: 'prod-db', verbs: ['delete'], for: '1h' });
    await extend(context, { name: 'reporter', for: '30d' });
    const ends = new Map((await list(store, 0)).grants.map((grant) => [grant.verbs.join(','), grant.until]));
    expect(ends).toEqual(new Map([['read,update', now + 720 * hour], ['delete', now + hour]]));
  });

  test('revoked: its time and its secret are gone in one commit; its grants stay for when it is brought back', async () => {
    const { grant: first, until } = await createAgent(context, reporter);
    now += 5;
    const commits = vi.spyOn(store, 'change');
    expect((await revoke(context, { name: 'reporter' })).event).toMatchObject({ action: 'disable', what: 'agent', name: 'reporter', detail: 'revoked' });
    expect(commits).toHaveBeenCalledTimes(1);
    expect(await list(store, 0)).toMatchObject({ agents: [{ until: now, secret: false }], grants: [{ id: first.id, until }] });
    expect((await store.unrecorded(10)).slice(-2)).toMatchObject([{ event: { action: 'disable', what: 'agent' } }, { event: { action: 'delete', what: 'credential' } }]);
    expect(await problem(revoke(context, { name: 'reporter' }))).toBe('no-change: `reporter` is revoked already');
  });

  test('whose time is over can still be revoked, and its end is not moved', async () => {
    const { until } = await createAgent(context, reporter);
    now = until + hour;
    await revoke(context, { name: 'reporter' });
    expect((await list(store, 0)).agents).toMatchObject([{ until, secret: false }]);
  });
});

test.each<[string, Partial<NewAgent>, string]>([
  ['a capital', { name: 'Reporter' }, 'invalid-name: `Reporter` cannot be a name'],
  ['an escape', { name: 'a\u001b[2J' }, 'invalid-name: `a\\u{1b}[2J` cannot be a name'],
  ['a long name', { name: 'a'.repeat(64) }, `invalid-name: \`${'a'.repeat(64)}\` cannot be a name`],
  ['a name that is taken', { name: 'ada' }, 'name-taken: the name `ada` belongs to a user'],
  ['nobody as the owner', { owner: 'bob' }, 'unknown-principal: there is no user, agent or service `bob`'],
  ['an unknown verb', { verbs: ['read', 'write'] }, 'unknown-verb: there is no verb `write`'],
  ['no verb', { verbs: [] }, 'unknown-verb: a grant needs a verb'],
  ['a target that cannot be', { target: 'prod db' }, 'invalid-target: `prod db` cannot be the name of a target or purpose'],
  ['a resource that cannot be', { resources: ['users'] }, 'invalid-resource: `users` is not a resource'],
  ['an unknown kind of resource', { resources: ['tabel:users'] }, 'invalid-resource: `tabel:users` is not a resource'],
  ['a resource of another target', { resources: ['target:other-db'] }, 'other-target: `target:other-db` is another target than that of the grant, `prod-db`'],
  ['another target in a name', { resources: ['table:other-db/public.users'] }, 'other-target: `table:other-db/public.users` has a target in its name'],
  ['a verb that nothing takes', { verbs: ['read'], resources: ['column:public.users.email'] }, 'unknown-verb: nothing that `read` stands for is done to `column:public.users.email`'],
  ['the verb unmask without labels', { verbs: ['read', 'unmask'] }, 'invalid-unmask: the verb `unmask` and the labels to unmask go together'],
  ['labels without the verb unmask', { unmask: ['pii.email'] }, 'invalid-unmask: the verb `unmask` and the labels to unmask go together'],
  ['not a duration', { for: 'soon' }, 'invalid-duration: `soon` is not a duration'],
  ['more than a year', { for: '366d' }, 'invalid-expiry: an expiry lies in the future, and at most a year on'],
  ['a reason without end', { why: 'a'.repeat(501) }, 'invalid-text: a reason is at most 500 characters of text'],
])('an agent with %s is refused, and nothing is changed', async (_, change, expected) => {
  const before = await store.read(0);
  // A `Life` has `for` or `until`; `change` only ever replaces `for`.
  expect(await problem(createAgent(context, { ...reporter, ...change } as NewAgent))).toBe(expected);
  expect(await store.read(0)).toEqual(before);
});

test.each([0, -1, NaN, Infinity, Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 2)])('an end at %d is refused', async (until) => {
  const { for: _, ...rest } = reporter;
  expect(await problem(createAgent(context, { ...rest, until }))).toBe('invalid-expiry: an expiry lies in the future, and at most a year on');
});

test('login names are unique over all kinds, and owners are users who are enabled', async () => {
  await createService(context, { name: 'billing', owner: 'ada' });
  expect(await problem(createUser(context, { name: 'billing' }))).toBe('name-taken: the name `billing` belongs to a service');
  expect(await problem(createService(context, { name: 'mail', owner: 'billing' }))).toBe('owner-not-user: `billing` is not a user');
  await disable(context, { name: 'ada' });
  expect(await problem(createAgent(context, reporter))).toBe('owner-disabled: the user `ada` is disabled');
});

test('disable and enable, once each', async () => {
  expect((await disable(context, { name: 'ada' })).event).toMatchObject({ action: 'disable', what: 'user', name: 'ada' });
  expect(await problem(disable(context, { name: 'ada' }))).toBe('no-change: `ada` is disabled already');
  expect((await enable(context, { name: 'ada' })).event).toMatchObject({ action: 'update', detail: 'enabled' });
  expect(await problem(extend(context, { name: 'ada', for: '8h' }))).toBe('not-agent: `ada` is not an agent');
});

test('a secret is rotated and revoked; there is at most one', async () => {
  const { secret } = await rotate(context, { name: 'ada' });
  expect(isSecret(secret)).toBe(true);
  expect(new Set((await store.read(0)).credentials.map(({ revokedAt }) => revokedAt))).toEqual(new Set([now, undefined]));
  await revoke(context, { name: 'ada' });
  expect((await list(store, 0)).users).toMatchObject([{ name: 'ada', secret: false }]);
  expect(await problem(revoke(context, { name: 'ada' }))).toBe('no-change: `ada` is revoked already');
  await rotate(context, { name: 'ada' });
  expect((await list(store, 0)).users).toMatchObject([{ name: 'ada', secret: true }]);
});

describe('groups', () => {
  test('hold people and groups, and never themselves', async () => {
    for (const name of ['data', 'owners', 'all']) await createGroup(context, { name });
    await addToGroup(context, { group: 'owners', member: { kind: 'principal', name: 'ada' } });
    await addToGroup(context, { group: 'data', member: { kind: 'group', name: 'owners' } });
    await addToGroup(context, { group: 'all', member: { kind: 'group', name: 'data' } });
    expect(await problem(addToGroup(context, { group: 'owners', member: { kind: 'group', name: 'all' } }))).toBe('group-ring: `owners` is in `all` already');
    expect(await problem(addToGroup(context, { group: 'all', member: { kind: 'group', name: 'all' } }))).toBe('group-ring: `all` is in `all` already');
    expect(await problem(addToGroup(context, { group: 'owners', member: { kind: 'principal', name: 'ada' } }))).toBe('no-change: `ada` is in `owners` already');
    expect(await problem(addToGroup(context, { group: 'none', member: { kind: 'principal', name: 'ada' } }))).toBe('unknown-group: there is no group `none`');
    expect((await list(store, 0)).groups).toMatchObject([
      { name: 'all', members: [{ kind: 'group', name: 'data' }] }, { name: 'data', members: [{ kind: 'group', name: 'owners' }] }, { name: 'owners', members: [{ kind: 'principal', name: 'ada' }] },
    ]);
    expect((await removeFromGroup(context, { group: 'owners', member: { kind: 'principal', name: 'ada' } })).event.detail).toBe('removed principal ada');
    expect(await problem(removeFromGroup(context, { group: 'owners', member: { kind: 'principal', name: 'ada' } }))).toContain('no-change');
  });
});

test('grants are given to principals and groups, and revoked once', async () => {
  await createGroup(context, { name: 'data' });
  const given = await grant(context, { holder: { kind: 'group', name: 'data' }, target: 'prod-db', verbs: ['unmask', 'read'], unmask: ['pii.email'], until: now + hour, why: 'incident 7' });
  expect(given.event).toMatchObject({ action: 'create', what: 'grant', detail: `to group data, ${given.grant.id}: read,unmask on prod-db unmask pii.email until 2026-01-01T01:00:00.000Z` });
  expect(await problem(grant(context, { holder: { kind: 'principal', name: 'data' }, target: 'prod-db', verbs: ['read'], for: '1h' }))).toContain('unknown-principal');
  await revokeGrant(context, { id: given.grant.id });
  expect((await list(store, 0)).grants).toEqual([]);
  expect(await problem(revokeGrant(context, { id: given.grant.id }))).toContain('no-change');
  expect(await problem(revokeGrant(context, { id: "' OR 1=1" }))).toBe('unknown-grant: there is no grant `\' OR 1=1`');
});

test('no name gets past the rule, whatever it is', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }), async (name) => {
    fc.pre(!/^[a-z][a-z0-9_-]{0,62}$/.test(name));
    expect(await problem(createUser(context, { name }))).toContain('invalid-name');
  }), { numRuns: 50 });
});

describe('what the config does not have', () => {
  const declared = { targets: new Map([['prod-db', 'postgres']] as const), purposes: new Set(['general']), labels: new Set(['pii.email']) };
  const holder = { kind: 'principal', name: 'ada' } as const;

  test.each<[string, object, string]>([
    ['a target', { target: 'shop' }, 'unknown-target: the config has no target `shop`'],
    ['a label', { verbs: ['unmask'], unmask: ['pii.phone'] }, 'unknown-label: no purpose of the config covers the label `pii.phone`'],
  ])('%s is not granted', async (_, change, expected) => {
    const before = await store.read(0);
    expect(await problem(grant({ ...context, declared }, { holder, target: 'prod-db', verbs: ['read'], for: '1h', ...change }))).toBe(expected);
    expect(await store.read(0)).toEqual(before);
  });

  test('a purpose is no agent\'s', async () => {
    expect(await problem(createAgent({ ...context, declared }, { ...reporter, purpose: 'fun' }))).toBe('unknown-purpose: the config has no purpose `fun`');
  });

  test('what it has is granted', async () => {
    const made = await grant({ ...context, declared }, { holder, target: 'prod-db', verbs: ['unmask'], unmask: ['pii.email'], for: '1h' });
    expect(made.grant.unmask).toEqual(['pii.email']);
  });
});

test('an agent that has ended is granted nothing until it has a new end', async () => {
  await createAgent(context, { ...reporter, for: '1s' });
  const later = { ...context, clock: () => context.clock() + 2_000 };
  const more = { holder: { kind: 'principal', name: 'reporter' }, target: 'prod-db', verbs: ['read'], for: '1h' } as const;
  expect(await problem(grant(later, more))).toMatch(/^holder-ended: the agent `reporter` ended 2026-01-01T00:00:01\.000Z/);
  await extend(later, { name: 'reporter', for: '1h' });
  await grant(later, more);
});
