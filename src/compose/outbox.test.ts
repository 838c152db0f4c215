import { randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MemoryLog } from '../../test/support/memory-log.ts';
import type { Log } from '../core/log.ts';
import type { IdentityStore } from '../core/state.ts';
import { createUser } from '../identity/registry.ts';
import { sqliteStore } from '../store/sqlite-store.ts';
import { Outbox } from './outbox.ts';

let folder = '';
let path = '';
let store: IdentityStore;
let audit: MemoryLog;
let said: string[] = [];
const log: Log = { debug: () => undefined, info: () => undefined, warn: (message) => { said.push(message); }, error: () => undefined };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbox-'));
  path = join(folder, 'state.db');
  store = sqliteStore({ path, clock: Date.now, randomBytes, patience: 0 });
  audit = new MemoryLog();
  said = [];
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function start(configDigest: string, takes = true): Outbox { return new Outbox({ store, audit, log, configDigest, takes }); }
const recorded = (): string[] => audit.entries.map((entry) => (entry.type === 'config-changed' ? `${entry.from} to ${entry.to}` : entry.type));

test('a start with another config is recorded, and said; one with the same is not', async () => {
  for (const digest of ['c1', 'c1', 'c2']) await start(digest).look();
  expect(recorded()).toEqual(['c1 to c2']);
  expect(said).toEqual(['the config is not that of the start before']);
});

test('of several workers one leaves the event, and the one that takes records it', async () => {
  await start('c1').look();
  const [first, ...others] = [start('c2', true), start('c2', false), start('c2', false)];
  await Promise.all(others.map((one) => one.look()));
  expect(recorded()).toEqual([]);
  await first.look();
  await first.look();
  expect(recorded()).toEqual(['c1 to c2']);
});

test('what cannot be recorded now stays, and is recorded once it can be', async () => {
  await start('c1').look();
  await createUser({ store, clock: Date.now, randomBytes, by: 'test' }, { name: 'ada' });
  audit.fail();
  const outbox = start('c2');
  expect(await outbox.look()).toBe(false);
  audit.recover();
  expect(await outbox.look()).toBe(true);
  expect(recorded()).toEqual(['identity-changed', 'c1 to c2']);
  expect(await outbox.look()).toBe(false);
});

test('a state file that cannot be read at the start does not keep the change from being noticed later', async () => {
  await start('c1').look();
  const outbox = start('c2');
  renameSync(path, `${path}.away`);
  expect(await outbox.look()).toBe(false);
  renameSync(`${path}.away`, path);
  await outbox.look();
  expect(recorded()).toEqual(['c1 to c2']);
});

test('following ends with the signal; of one that only leaves word, once it has', async () => {
  await start('c1', false).follow(new AbortController().signal);
  expect(await store.noteConfig('c1')).toBeUndefined();
  await start('c1').follow(AbortSignal.abort());
});
