import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { IdentityStore } from '../core/state.ts';
import { sqliteStore } from '../store/sqlite-store.ts';
import { openDirectory } from './directory.ts';
import { freeze, type RegistryContext, unfreeze } from './registry.ts';

let now = 0;
let folder = '';
let store: IdentityStore;

beforeEach(() => {
  now = Date.UTC(2026, 0, 31, 8);
  folder = mkdtempSync(join(tmpdir(), 'freezes-'));
  store = sqliteStore({ path: join(folder, 'state.db'), clock: () => now, randomBytes });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function by(name: string): RegistryContext { return { store, clock: () => now, randomBytes, by: name }; }

test('whoever was first stays named, and each change is recorded once', async () => {
  const first = { target: 'shop', why: 'orders look wrong', by: 'cli:ada', since: now };
  expect(await freeze(by('cli:ada'), { target: 'shop', why: 'orders look wrong' })).toEqual({ record: first, changed: true });
  now += 1000;
  expect(await freeze(by('cli:bob'), { target: 'shop', why: 'me too' })).toEqual({ record: first, changed: false });
  expect(await unfreeze(by('cli:bob'), { target: 'shop' })).toEqual(first);
  expect(await unfreeze(by('cli:bob'), { target: 'shop' })).toBeUndefined();
  expect((await store.unrecorded(10)).map(({ event }) => event)).toEqual([
    { type: 'target-frozen', target: 'shop', by: 'cli:ada', why: 'orders look wrong' }, { type: 'target-unfrozen', target: 'shop', by: 'cli:bob', since: first.since },
  ]);
});

test('a reason is text of a length that a record holds, a target has a name', async () => {
  await expect(freeze(by('cli:ada'), { target: 'shop', why: 'x'.repeat(501) })).rejects.toMatchObject({ code: 'invalid-text' });
  await expect(freeze(by('cli:ada'), { target: 'a b', why: '' })).rejects.toMatchObject({ code: 'invalid-target' });
});

test('the directory follows, and what was decided before counts no more', async () => {
  const stop = new AbortController();
  const directory = await openDirectory({ store, clock: () => now, randomBytes }, stop.signal);
  const heard: boolean[] = [];
  directory.onChange(() => { heard.push(directory.frozen('shop') !== undefined); });
  const before = directory.generation;
  await freeze(by('cli:ada'), { target: 'shop', why: '' });
  await directory.refresh();
  expect([directory.frozen('shop'), directory.frozen('other'), directory.generation > before]).toEqual([{ target: 'shop', why: '', by: 'cli:ada', since: now }, undefined, true]);
  await unfreeze(by('cli:ada'), { target: 'shop' });
  await directory.refresh();
  expect([directory.frozen('shop'), heard]).toEqual([undefined, [true, false]]);
  stop.abort();
});
