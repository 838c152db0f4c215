import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secretPlace } from './secret-place.ts';
import { testCli } from './testing/test-cli.ts';

let dir = '';
beforeEach(async () => { dir = await mkdtemp(join(tmpdir(), 'secret-')); });
afterEach(async () => { await rm(dir, { recursive: true }); });

test('a terminal shows it; a pipe gets it only when asked; --out is a file everywhere', async () => {
  expect((await secretPlace(testCli({ interactive: true }).cli, 'bot', {}, false)).file).toBeUndefined();
  expect((await secretPlace(testCli().cli, 'bot', { print: true }, false)).file).toBeUndefined();
  const place = await secretPlace(testCli({ interactive: true }).cli, 'bot', { out: join(dir, 'a.url') }, false);
  await place.put('postgres://x');
  expect(await readFile(join(dir, 'a.url'), 'utf8')).toBe('postgres://x\n');
  expect((await stat(join(dir, 'a.url'))).mode & 0o777).toBe(0o600);
});

test('a file that is there is kept, and found out before a secret is made', async () => {
  await writeFile(join(dir, 'a.url'), 'mine');
  await expect(secretPlace(testCli().cli, 'bot', { out: join(dir, 'a.url') }, false)).rejects.toMatchObject({ mend: expect.stringContaining('--out') });
  expect(await readFile(join(dir, 'a.url'), 'utf8')).toBe('mine');
});

test('a rotated secret takes the place of the old one, for nobody else to read', async () => {
  await writeFile(join(dir, 'a.url'), 'old');
  await chmod(join(dir, 'a.url'), 0o644);
  const place = await secretPlace(testCli().cli, 'bot', { out: join(dir, 'a.url') }, true);
  expect(await readFile(join(dir, 'a.url'), 'utf8')).toBe('old');
  await place.put('new');
  expect(await readFile(join(dir, 'a.url'), 'utf8')).toBe('new\n');
  expect((await stat(join(dir, 'a.url'))).mode & 0o777).toBe(0o600);
  expect(await readdir(dir)).toEqual(['a.url']);
});

test('when nothing was made nothing is left behind', async () => {
  const place = await secretPlace(testCli().cli, 'bot', { out: join(dir, 'a.url') }, false);
  await place.release();
  expect(await readdir(dir)).toEqual([]);
});
