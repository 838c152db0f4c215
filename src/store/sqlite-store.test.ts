import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChangeSet, GrantRecord, IdentityChange, IdentityState, IdentityStore, PrincipalRecord } from '../core/state.ts';
import { StateUnavailable } from '../core/state.ts';
import { migrations } from './migrations.ts';
import { sqliteStore } from './sqlite-store.ts';

let folder = '';
let path = '';
let stores: IdentityStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'));
  path = join(folder, 'data', 'state.db');
  stores = [];
});

afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true });
});

function open(options: { readonly create?: boolean; readonly patience?: number } = {}): IdentityStore {
  const store = sqliteStore({ path, clock: () => 1, randomBytes, patience: 0, ...options });
  stores.push(store);
  return store;
}

const ada: PrincipalRecord = { name: 'ada', kind: 'User', enabled: true, owner: undefined, until: undefined, purpose: undefined, createdAt: 5 };
const agent: PrincipalRecord = { name: 'reporter', kind: 'Agent', enabled: true, owner: 'ada', until: 1e12, purpose: 'reporting', createdAt: 6 };

function put(...changes: IdentityChange[]): () => ChangeSet<undefined> {
  return () => ({ changes, events: [], result: undefined });
}

function addOne(state: IdentityState): ChangeSet<undefined> {
  return { changes: [{ put: 'principal', record: { ...ada, name: `user-${state.principals.length}` } }], events: [], result: undefined };
}

async function fault(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    if (!(error instanceof StateUnavailable)) throw error;
    expect(error.mend).not.toBe('');
    expect(error.message).toContain(folder);
    return error.fault;
  }
}

describe('the file', () => {
  test('and its folder are the owner\'s alone, with all that SQLite puts beside it', async () => {
    await open().change(put({ put: 'principal', record: ada }));
    expect(['', '/state.db', '/state.db-wal', '/state.db-shm'].map((name) => (statSync(join(folder, 'data') + name).mode & 0o777).toString(8))).toEqual(['700', '600', '600', '600']);
  });

  test('is in WAL mode, synchronous, and known for ours', async () => {
    await open().read(0);
    const other = new DatabaseSync(path);
    expect(['journal_mode', 'user_version', 'application_id'].map((pragma) => Object.values(other.prepare(`PRAGMA ${pragma}`).get() ?? {})[0])).toEqual(['wal', migrations.length, 0x47524431]);
    other.close();
  });

  test('that others may read is closed to them', async () => {
    await open().read(0);
    chmodSync(path, 0o644);
    await open().read(0);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('in a folder that everyone may write is refused: a -wal file could be planted', async () => {
    mkdirSync(join(folder, 'data'));
    chmodSync(join(folder, 'data'), 0o777);
    expect(await fault(open().read(0))).toBe('permission');
    expect(existsSync(path)).toBe(false);
  });

  test('is not made when it must be there', async () => {
    expect(await fault(open({ create: false }).read(0))).toBe('missing');
    expect(existsSync(path)).toBe(false);
  });

  test('that is a folder, or lies under a file, is refused', async () => {
    mkdirSync(path, { recursive: true });
    expect(await fault(open().read(0))).toBe('not-ours');
    path = join(folder, 'file', 'state.db');
    writeFileSync(join(folder, 'file'), '');
    expect(await fault(open().read(0))).toBe('permission');
  });

  test('may be a link', async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'elsewhere'), '', { mode: 0o600 });
    symlinkSync(join(folder, 'elsewhere'), path);
    expect(await fault(open().read(0))).toBe('none');
  });
});

describe('a change', () => {
  test('is read back as it was written', async () => {
    const grant: GrantRecord = {
      id: 'grant-1', holder: { kind: 'principal', name: 'reporter' }, target: 'prod', resources: [{ kind: 'table', path: ['public', 'a"b.c'], system: false, id: '16384' }],
      verbs: ['read', 'unmask'], unmask: ['pii.email'], until: 9, why: "it's \n needed", createdBy: 'cli:root', createdAt: 7, revokedAt: undefined,
    };
    const credential = { id: 'cred-1', principal: 'reporter', verifier: 'text', createdAt: 8, revokedAt: undefined };
    const group = { name: 'data', createdAt: 9 };
    const membership = { group: 'data', member: { kind: 'principal', name: 'reporter' } } as const;
    const freeze = { target: 'prod', why: "it's on fire", by: 'cli:root', since: 10 };
    const store = open();
    await store.change(put({ put: 'principal', record: ada }, { put: 'principal', record: agent }, { put: 'group', record: group },
      { put: 'membership', record: membership }, { put: 'grant', record: grant }, { put: 'credential', record: credential }, { put: 'freeze', record: freeze }));
    const { mockKey, ...state } = await open().read(0);
    expect(state).toEqual({ principals: [ada, agent], groups: [group], memberships: [membership], grants: [grant], credentials: [credential], freezes: [freeze] });
    await store.change(put({ put: 'no-freeze', target: 'prod' }));
    expect((await store.read(0)).freezes).toEqual([]);
    expect(Buffer.from(mockKey, 'base64')).toHaveLength(32);
    await store.change(put({ put: 'grant', record: { ...grant, revokedAt: 8 } }, { put: 'no-membership', record: membership }));
    expect(await store.read(0)).toMatchObject({ memberships: [], grants: [{ id: 'grant-1', revokedAt: 8 }] });
    // Ended by then: the grant alone, then the agent with its secret.
    expect(await store.read(8)).toMatchObject({ principals: [ada, agent], grants: [], credentials: [credential] });
    expect(await store.read(1e12)).toMatchObject({ principals: [ada], grants: [], credentials: [] });
  });

  test('is all or nothing, with its events', async () => {
    const store = open();
    await expect(store.change(() => { throw new RangeError('no'); })).rejects.toThrow(RangeError);
    const event = { type: 'identity-changed', action: 'create', what: 'agent', name: 'reporter', by: 'x', detail: '' } as const;
    // The owner is not there: the second table's rule fails after the first was written.
    expect(await fault(store.change(() => ({ changes: [{ put: 'group', record: { name: 'data', createdAt: 1 } }, { put: 'principal', record: agent }], events: [event], result: undefined })))).toBe('corrupt');
    expect(await store.read(0)).toMatchObject({ principals: [], groups: [] });
    expect(await store.unrecorded(10)).toEqual([]);
  });

  test.each<[string, PrincipalRecord]>([
    ['an agent without an owner', { ...agent, owner: undefined }], ['an agent without an end', { ...agent, until: undefined }],
    ['a user with an owner', { ...ada, name: 'bob', owner: 'ada' }], ['a service without an owner', { ...agent, kind: 'Service', until: undefined, owner: undefined }],
  ])('that leaves %s is refused by the tables themselves', async (_, record) => {
    const store = open();
    await store.change(put({ put: 'principal', record: ada }));
    expect(await fault(store.change(put({ put: 'principal', record })))).toBe('corrupt');
    expect((await store.read(0)).principals).toEqual([ada]);
  });

  test('shows in every store\'s revision, and a look does not', async () => {
    const [one, other] = [open(), open()];
    const before = [await one.revision(), await other.revision()];
    expect([await one.revision(), await other.revision()]).toEqual(before);
    await one.change(put({ put: 'principal', record: ada }));
    const after = [await one.revision(), await other.revision()];
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    await other.read(0);
    expect([await one.revision(), await other.revision()]).toEqual(after);
  });

  test('and many at once, through several stores: none is lost', async () => {
    const all = [open({ patience: 10_000 }), open({ patience: 10_000 }), open({ patience: 10_000 })];
    await Promise.all(all.flatMap((store) => Array.from({ length: 20 }, () => store.change(addOne))));
    expect((await open().read(0)).principals).toHaveLength(60);
  });
});

describe('the config of the last start', () => {
  test('is told when it is another, and leaves an event of it in the same commit', async () => {
    const store = open();
    expect([await store.noteConfig('c1'), await store.noteConfig('c1'), await store.unrecorded(10)]).toEqual([undefined, undefined, []]);
    expect([await open().noteConfig('c2'), await store.noteConfig('c1')]).toEqual(['c1', 'c2']);
    expect((await store.unrecorded(10)).map(({ event }) => event)).toEqual([{ type: 'config-changed', from: 'c1', to: 'c2' }, { type: 'config-changed', from: 'c2', to: 'c1' }]);
  });

  test('changes once, however many start with it at once', async () => {
    await open().noteConfig('c1');
    const told = await Promise.all(Array.from({ length: 5 }, () => open({ patience: 10_000 }).noteConfig('c2')));
    expect(told.filter((from) => from !== undefined)).toEqual(['c1']);
    expect(await open().unrecorded(10)).toHaveLength(1);
  });
});

describe('locked', () => {
  test('for writing: changes are refused by name, reads go on; free again: changes go on', async () => {
    const store = open();
    await store.change(put({ put: 'principal', record: ada }));
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    expect(await fault(store.change(put({ put: 'group', record: { name: 'data', createdAt: 1 } })))).toBe('locked');
    expect((await store.read(0)).principals).toEqual([ada]);
    other.exec('COMMIT');
    other.close();
    expect(await fault(store.change(put({ put: 'group', record: { name: 'data', createdAt: 1 } })))).toBe('none');
  });

  test('wholly: nothing can be read, until it is free again', async () => {
    const first = open();
    await first.read(0);
    await first.close();
    const other = new DatabaseSync(path);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE');
    const store = open();
    expect(await fault(store.read(0))).toBe('locked');
    expect(await fault(store.revision())).toBe('locked');
    other.close();
    expect(await fault(store.read(0))).toBe('none');
  });

  test('for less than the patience: nobody notices', async () => {
    const store = open({ patience: 20_000 });
    await store.read(0);
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const change = store.change(put({ put: 'principal', record: ada }));
    setTimeout(() => { other.close(); }, 60);
    await change;
    expect((await store.read(0)).principals).toEqual([ada]);
  });
});

async function filled(): Promise<void> {
  const store = open();
  await store.change(put(...Array.from({ length: 300 }, (_, at): IdentityChange => ({ put: 'principal', record: { ...ada, name: `user-${at}` } }))));
  await store.close();
  stores = [];
}

describe('damaged', () => {
  test.each<[string, () => void, string]>([
    ['text', () => writeFileSync(path, 'not a database at all, but long enough to be taken for one'.repeat(100)), 'corrupt'],
    ['cut short', () => truncateSync(path, 8192), 'corrupt'],
    ['a page overwritten', () => { writeSync(openSync(path, 'r+'), Buffer.alloc(4096, 0xa5), 0, 4096, 4096 * 2); }, 'corrupt'],
    ['of a newer program', () => { const other = new DatabaseSync(path); other.exec('PRAGMA user_version = 99'); other.close(); }, 'newer'],
    ['of another program', () => { const other = new DatabaseSync(path); other.exec('PRAGMA application_id = 7'); other.close(); }, 'not-ours'],
    ['a table missing', () => { const other = new DatabaseSync(path); other.exec('DROP TABLE grants'); other.close(); }, 'corrupt'],
    ['its key missing', () => { const other = new DatabaseSync(path); other.exec('DELETE FROM meta'); other.close(); }, 'corrupt'],
  ])('%s: is told by name each time, and is not touched; the copy put back is read without a restart', async (_, damage, expected) => {
    await filled();
    copyFileSync(path, join(folder, 'copy'));
    damage();
    const bytes = readFileSync(path);
    const store = open();
    expect([await fault(store.read(0)), await fault(store.read(0)), await fault(store.change(put()))]).toEqual([expected, expected, expected]);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    rmSync(`${path}-wal`, { force: true });
    rmSync(`${path}-shm`, { force: true });
    renameSync(join(folder, 'copy'), path);
    expect((await store.read(0)).principals).toHaveLength(300);
  });

  test('a grant that was altered by hand is not half understood', async () => {
    const store = open();
    await store.change(put({ put: 'principal', record: ada }, { put: 'grant', record: {
      id: 'grant-1', holder: { kind: 'principal', name: 'ada' }, target: 'prod', resources: [], verbs: ['read'], unmask: [], until: 9, why: '', createdBy: 'x', createdAt: 7, revokedAt: undefined,
    } }));
    for (const verbs of ['["everything"]', 'null', '[', '{"0":"read"}']) {
      const other = new DatabaseSync(path);
      other.prepare('UPDATE grants SET verbs = ?').run(verbs);
      other.close();
      expect(await fault(store.read(0))).toBe('corrupt');
    }
  });

  test('bytes of any kind in its place never crash it and never give anyone', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 8192 }), async (bytes) => {
      mkdirSync(join(folder, 'data'), { recursive: true });
      writeFileSync(path, bytes, { mode: 0o600 });
      const store = sqliteStore({ path, clock: () => 1, randomBytes, patience: 0 });
      expect(await fault(store.read(0))).toBe('corrupt');
      await store.close();
    }), { numRuns: 30 });
  });
});

test('a file that was put in place of the open one is read at once, and no new one is made where it is gone', async () => {
  const store = open();
  await store.change(put({ put: 'principal', record: ada }));
  const before = await store.revision();
  const restored = sqliteStore({ path: join(folder, 'data', 'restored.db'), clock: () => 1, randomBytes });
  await restored.change(put({ put: 'principal', record: { ...ada, enabled: false } }));
  await restored.close();
  rmSync(path);
  expect(await fault(store.revision())).toBe('missing');
  expect(existsSync(path)).toBe(false);
  renameSync(join(folder, 'data', 'restored.db'), path);
  expect(await store.revision()).not.toBe(before);
  expect((await store.read(0)).principals).toEqual([{ ...ada, enabled: false }]);
});
