import { randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuthenticationStep } from '../core/identity.ts';
import type { PrincipalRef } from '../core/principal.ts';
import type { IdentityStore } from '../core/state.ts';
import { sqliteStore } from '../store/sqlite-store.ts';
import { openDirectory } from './directory.ts';
import type { StoreDirectory } from './directory.ts';
import { addToGroup, createAgent, createGroup, createService, createUser, disable, enable, extend, grant, revoke, revokeGrant, rotate } from './registry.ts';
import type { RegistryContext } from './registry.ts';
import { logIn, ScramClient } from './testdata/scram-client.ts';

const hour = 3_600_000;
const day = 24 * hour;
const ada: PrincipalRef = { kind: 'User', name: 'ada' };
const reporter: PrincipalRef = { kind: 'Agent', name: 'reporter' };
let now = 0;
let folder = '';
let path = '';
let stores: IdentityStore[] = [];
let stop = new AbortController();

beforeEach(() => {
  now = Date.UTC(2026, 0, 1);
  folder = mkdtempSync(join(tmpdir(), 'directory-'));
  path = join(folder, 'state.db');
  stores = [];
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true });
});

function open(patience = 0): IdentityStore {
  const store = sqliteStore({ path, clock: () => now, randomBytes, patience });
  stores.push(store);
  return store;
}

/** Another connection than the directory's, as the CLI's is. */
function registry(): RegistryContext {
  return { store: open(5000), clock: () => now, randomBytes, by: 'cli:root' };
}

function directoryOn(store: IdentityStore): Promise<StoreDirectory> {
  return openDirectory({ store, clock: () => now, randomBytes }, stop.signal);
}

function changed(directory: StoreDirectory): Promise<void> {
  return new Promise((resolve) => {
    const off = directory.onChange(() => {
      off();
      resolve();
    });
  });
}

async function login(directory: StoreDirectory, user: string, secret: string): Promise<string> {
  const step: AuthenticationStep = await logIn(directory.authenticate(user, '192.0.2.1', undefined), new ScramClient({ secret }));
  if (step.kind === 'done') return `${step.proof.principal.kind}:${step.proof.principal.name}`;
  return step.kind === 'failed' ? `${step.refusal.code} (${step.cause ?? ''})` : 'continue';
}

/** Salt and count, as the first answer says them. */
function saltOf(directory: StoreDirectory, user: string): string {
  const step = directory.authenticate(user, '192.0.2.1', undefined).step('SCRAM-SHA-256', 'n,,n=,r=abc');
  if (step instanceof Promise || step.kind !== 'continue') throw new Error('no challenge');
  const match = /^r=abc[0-9A-Za-z+/]{24},(s=[0-9A-Za-z+/]{22}==,i=4096)$/.exec(step.send);
  return match?.[1] ?? step.send;
}

describe('a principal', () => {
  test('has its owner, its groups through groups, and the grants of all of them', async () => {
    const context = registry();
    await createUser(context, { name: 'ada' });
    const { grant: own } = await createAgent(context, { name: 'reporter', owner: 'ada', target: 'prod-db', verbs: ['read'], for: '8h', purpose: 'reporting' });
    for (const name of ['inner', 'outer', 'other']) await createGroup(context, { name });
    await addToGroup(context, { group: 'inner', member: { kind: 'principal', name: 'reporter' } });
    await addToGroup(context, { group: 'outer', member: { kind: 'group', name: 'inner' } });
    const { grant: outer } = await grant(context, { holder: { kind: 'group', name: 'outer' }, target: 'prod-db', verbs: ['update'], for: '1h' });
    await grant(context, { holder: { kind: 'group', name: 'other' }, target: 'prod-db', verbs: ['destroy'], for: '1h' });
    const { grant: revoked } = await grant(context, { holder: { kind: 'group', name: 'inner' }, target: 'prod-db', verbs: ['delete'], for: '1h' });
    await revokeGrant(context, { id: revoked.id });
    const directory = await directoryOn(open());
    expect(directory.principal(reporter)).toEqual({
      ref: reporter, enabled: true, owner: { name: 'ada', enabled: true }, until: now + 8 * hour, purpose: 'reporting', groups: ['inner', 'outer'], strongAuth: false,
      grants: [
        { id: own.id, target: 'prod-db', resources: [], verbs: ['read'], unmask: [], until: now + 8 * hour },
        { id: outer.id, target: 'prod-db', resources: [], verbs: ['update'], unmask: [], until: now + hour },
      ],
    });
    expect(directory.principal({ kind: 'User', name: 'reporter' })).toBeUndefined();
    expect(directory.principal({ kind: 'Agent', name: 'nobody' })).toBeUndefined();
    expect(directory.principal({ kind: 'Agent', name: '__proto__' })).toBeUndefined();
  });

  test('is the same object while nothing about it has changed, and another once something has', async () => {
    const context = registry();
    await createUser(context, { name: 'ada' });
    await createAgent(context, { name: 'reporter', owner: 'ada', target: 'prod-db', verbs: ['read'], for: '8h' });
    const directory = await directoryOn(open());
    const [before, adaBefore] = [directory.principal(reporter), directory.principal(ada)];
    const generation = directory.generation;
    await createUser(context, { name: 'bob' });
    await directory.refresh();
    expect(directory.generation).toBe(generation + 1);
    expect(directory.principal(reporter)).toBe(before);
    await disable(context, { name: 'bob' });
    await directory.refresh();
    expect(directory.principal(reporter)).toBe(before);
    await grant(context, { holder: { kind: 'principal', name: 'reporter' }, target: 'prod-db', verbs: ['insert'], for: '1h' });
    await directory.refresh();
    expect(directory.principal(reporter)).not.toBe(before);
    expect(directory.principal(ada)).toBe(adaBefore);
  });

  test('what is only recorded changes no generation', async () => {
    const context = registry();
    await createUser(context, { name: 'ada' });
    const directory = await directoryOn(open());
    const generation = directory.generation;
    await context.store.markRecorded((await context.store.unrecorded(10)).map(({ id }) => id));
    await directory.refresh();
    expect(directory.generation).toBe(generation);
  });

  test('an agent and its grants are forgotten a week after their end', async () => {
    const context = registry();
    await createUser(context, { name: 'ada' });
    await createAgent(context, { name: 'reporter', owner: 'ada', target: 'prod-db', verbs: ['read'], for: '1d' });
    now += 7 * day;
    expect((await directoryOn(open())).principal(reporter)?.until).toBe(now - 6 * day);
    now += 2 * day;
    expect((await directoryOn(open())).principal(reporter)).toBeUndefined();
  });
});

describe('logging in', () => {
  test('follows the state: secret, rotation, revocation, end, owner', async () => {
    const context = registry();
    const directory = await directoryOn(open());
    const first = (await createUser(context, { name: 'ada' })).secret;
    const agent = (await createAgent(context, { name: 'reporter', owner: 'ada', target: 'prod-db', verbs: ['read'], for: '8h' })).secret;
    const service = (await createService(context, { name: 'billing', owner: 'ada' })).secret;
    expect(await login(directory, 'ada', first)).toBe('authentication-failed (unknown-name)');
    await directory.refresh();
    expect(await login(directory, 'ada', first)).toBe('User:ada');
    expect(await login(directory, 'reporter', agent)).toBe('Agent:reporter');
    expect(await login(directory, 'billing', service)).toBe('Service:billing');
    expect(await login(directory, 'ada', agent)).toBe('authentication-failed (wrong-secret)');
    expect(await login(directory, 'Ada', first)).toBe('authentication-failed (unknown-name)');

    now += 1;
    const second = (await rotate(context, { name: 'ada' })).secret;
    await directory.refresh();
    expect(await login(directory, 'ada', first)).toBe('authentication-failed (wrong-secret)');
    expect(await login(directory, 'ada', second)).toBe('User:ada');
    await revoke(context, { name: 'ada' });
    await directory.refresh();
    expect(directory.principal(ada)?.secretRevoked).toBe(true);
    expect(await login(directory, 'ada', second)).toBe('session-revoked (secret-revoked)');
    expect(await login(directory, 'ada', first)).toBe('authentication-failed (secret-revoked)');

    await disable(context, { name: 'ada' });
    await directory.refresh();
    expect(directory.principal(reporter)?.owner).toEqual({ name: 'ada', enabled: false });
    expect(await login(directory, 'reporter', agent)).toBe('session-revoked (owner-disabled)');
    await enable(context, { name: 'ada' });
    await directory.refresh();
    now += 8 * hour - 2;
    expect(await login(directory, 'reporter', agent)).toBe('Agent:reporter');
    now += 1;
    expect(await login(directory, 'reporter', agent)).toBe('session-expired (expired)');
    await revoke(context, { name: 'reporter' });
    await directory.refresh();
    expect(await login(directory, 'reporter', agent)).toBe('session-revoked (secret-revoked)');
    const { secret } = await rotate(context, { name: 'reporter' });
    await extend(context, { name: 'reporter', for: '8h' });
    await directory.refresh();
    expect(directory.principal(reporter)?.secretRevoked).toBeUndefined();
    expect(await login(directory, 'reporter', secret)).toBe('Agent:reporter');
  });

  test('the salt of a name stays the same when its right goes, and after a restart for a name that never was', async () => {
    const context = registry();
    await createUser(context, { name: 'ada' });
    await createAgent(context, { name: 'reporter', owner: 'ada', target: 'prod-db', verbs: ['read'], for: '8h' });
    const directory = await directoryOn(open());
    const before = ['ada', 'reporter', 'nobody'].map((user) => saltOf(directory, user));
    expect(new Set(before).size).toBe(3);
    await revoke(context, { name: 'ada' });
    await disable(context, { name: 'ada' });
    now += 8 * hour;
    await directory.refresh();
    const again = await directoryOn(open());
    for (const one of [directory, again]) expect(['ada', 'reporter', 'nobody'].map((user) => saltOf(one, user))).toEqual(before);
  });
});

describe('a store that fails', () => {
  test('locked: nobody is known and nobody logs in, until it is free again', async () => {
    const context = registry();
    const { secret } = await createUser(context, { name: 'ada' });
    for (const store of stores) await store.close();
    stores = [];
    const other = new DatabaseSync(path);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE');
    const directory = await directoryOn(open());
    expect(directory.failure).toBe(`the state file \`${path}\` is locked by another process`);
    expect(directory.principal(ada)).toBeUndefined();
    expect(await login(directory, 'ada', secret)).toBe('internal (state-unavailable)');
    const recovered = changed(directory);
    other.close();
    await recovered;
    expect(directory.failure).toBeUndefined();
    expect(await login(directory, 'ada', secret)).toBe('User:ada');
  });

  test('gone while it was open: nobody is known, and no empty state is made; back: all as before', async () => {
    const context = registry();
    await createUser(context, { name: 'ada' });
    const directory = await directoryOn(open());
    const before = directory.principal(ada);
    const lost = changed(directory);
    renameSync(path, `${path}.away`);
    await lost;
    expect(directory.unavailable?.fault).toBe('missing');
    expect(directory.principal(ada)).toBeUndefined();
    const generation = directory.generation;
    await directory.refresh();
    expect(directory.generation).toBe(generation);
    const back = changed(directory);
    renameSync(`${path}.away`, path);
    await back;
    expect(directory.failure).toBeUndefined();
    expect(directory.principal(ada)).toBe(before);
  });

  test('a listener that throws does not keep others from hearing', async () => {
    const context = registry();
    const directory = await directoryOn(open());
    directory.onChange(() => { throw new Error('a fault of the listener'); });
    const heard = changed(directory);
    await createUser(context, { name: 'ada' });
    await heard;
    expect(directory.principal(ada)?.enabled).toBe(true);
  });
});
