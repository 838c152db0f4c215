import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDirectory } from '../identity/directory.ts';
import { createUser } from '../identity/registry.ts';
import { sqliteStore } from './sqlite-store.ts';

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'two-'));
  path = join(folder, 'state.db');
});

afterEach(() => { rmSync(folder, { recursive: true }); });

/** Runs registry calls in a process of their own, as the CLI does; resolves with its exit code and what it said. */
async function elsewhere(calls: string): Promise<string> {
  const program = `
    import { randomBytes } from 'node:crypto';
    const { sqliteStore } = await import(${JSON.stringify(new URL('sqlite-store.ts', import.meta.url).href)});
    const registry = await import(${JSON.stringify(new URL('../identity/registry.ts', import.meta.url).href)});
    const store = sqliteStore({ path: ${JSON.stringify(path)}, clock: Date.now, randomBytes, patience: 20000 });
    const context = { store, clock: Date.now, randomBytes, by: 'test:child' };
    ${calls}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'inherit', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said === 'kill me') child.kill('SIGKILL');
  });
  const [code, signal] = await once(child, 'close');
  return `${String(code ?? signal)} ${said}`;
}

test('what one process changes, the other\'s directory follows by itself', async () => {
  const store = sqliteStore({ path, clock: Date.now, randomBytes });
  await createUser({ store, clock: Date.now, randomBytes, by: 'test:parent' }, { name: 'ada' });
  const stop = new AbortController();
  const directory = await openDirectory({ store, clock: Date.now, randomBytes }, stop.signal);
  expect(directory.principal({ kind: 'User', name: 'ada' })?.enabled).toBe(true);
  const heard = new Promise<void>((resolve) => { directory.onChange(resolve); });
  expect(await elsewhere("await registry.disable(context, { name: 'ada' });")).toBe('0 ');
  await heard;
  expect(directory.principal({ kind: 'User', name: 'ada' })?.enabled).toBe(false);
  expect(directory.failure).toBeUndefined();
  stop.abort();
  await store.close();
});

test('processes that open and change a new file at the same moment lose nothing', async () => {
  const names = ['ada', 'bob', 'cyd'];
  const outcomes = await Promise.all(names.map((name) => elsewhere(`
    for (let at = 0; at < 10; at += 1) await registry.createUser(context, { name: '${name}-' + at });`)));
  expect(outcomes).toEqual(['0 ', '0 ', '0 ']);
  const store = sqliteStore({ path, clock: Date.now, randomBytes });
  expect((await store.read(0)).principals).toHaveLength(30);
  expect((await store.read(0)).credentials).toHaveLength(30);
  expect(await store.unrecorded(100)).toHaveLength(30);
  await store.close();
});

test('a process that is killed in the middle of changing leaves whole changes only', async () => {
  expect(await elsewhere(`
    for (let at = 0; ; at += 1) {
      await registry.createUser(context, { name: 'user-' + at });
      if (at === 5) process.stderr.write('kill me');
    }`)).toBe('SIGKILL kill me');
  const store = sqliteStore({ path, clock: Date.now, randomBytes });
  const state = await store.read(0);
  expect(state.principals.length).toBeGreaterThan(5);
  expect(state.credentials).toHaveLength(state.principals.length);
  expect(await store.unrecorded(10_000)).toHaveLength(state.principals.length);
  await store.close();
});
