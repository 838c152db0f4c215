import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SecretRef } from './config.ts';
import { followSecret, resolveSecret, SecretUnavailable } from './secret.ts';

let folder = '';
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'guardrails-secret-')); });
afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

async function file(content: string | Buffer, mode = 0o600, name = 'secret'): Promise<SecretRef> {
  const path = join(folder, name);
  await writeFile(path, content);
  await chmod(path, mode);
  return { kind: 'file', path };
}

test('a secret is read from the environment, from a file, from a systemd credential', async () => {
  expect(await resolveSecret({ kind: 'env', name: 'PW' }, undefined, { PW: 'hunter2' })).toBe('hunter2');
  expect(await resolveSecret(await file('hunter2'))).toBe('hunter2');
  await file('from systemd\n', 0o440, 'shop');
  expect(await resolveSecret({ kind: 'credential', name: 'shop' }, undefined, { CREDENTIALS_DIRECTORY: folder })).toBe('from systemd');
});

test.each([['hunter2\n', 'hunter2'], ['hunter2\r\n', 'hunter2'], ['hunter2\n\n', 'hunter2\n'], [' hunter2 ', ' hunter2 '], ['\ufeffé\n', '\ufeffé']])('one newline at the end is taken off: %j', async (content, secret) => {
  expect(await resolveSecret(await file(content))).toBe(secret);
});

test('a file is read anew each time', async () => {
  const ref = await file('old');
  expect(await resolveSecret(ref)).toBe('old');
  await file('new');
  expect(await resolveSecret(ref)).toBe('new');
});

test('every user of the host may read it: said, and used', async () => {
  const warnings: string[] = [];
  expect(await resolveSecret(await file('hunter2', 0o644), (text) => warnings.push(text))).toBe('hunter2');
  expect(warnings).toEqual([expect.stringMatching(/may be read by every user of this host; chmod 600/)]);
});

test('whatever is wrong is an error with a mend, and holds nothing of the secret', async () => {
  await mkdir(join(folder, 'folder'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const wrong: (() => Promise<string>)[] = [
    () => resolveSecret({ kind: 'env', name: 'UNSET' }, undefined, {}),
    () => resolveSecret({ kind: 'env', name: 'EMPTY' }, undefined, { EMPTY: '' }),
    () => resolveSecret({ kind: 'file', path: join(folder, 'none') }),
    () => resolveSecret({ kind: 'file', path: join(folder, 'folder') }),
    () => resolveSecret({ kind: 'file', path: '/dev/zero' }),
    () => resolveSecret({ kind: 'file', path: join(folder, 'pipe') }),
    () => resolveSecret({ kind: 'credential', name: 'shop' }, undefined, {}),
    async () => resolveSecret(await file('\n')),
    async () => resolveSecret(await file('hunter2', 0o602)),
    async () => resolveSecret(await file('hunter2\0')),
    async () => resolveSecret(await file(Buffer.from([0x68, 0xff, 0x32]))),
    async () => resolveSecret(await file('hunter2'.repeat(10_000))),
  ];
  for (const attempt of wrong) {
    const error: unknown = await attempt().then(() => 'no error', (reason: unknown) => reason);
    expect(error).toBeInstanceOf(SecretUnavailable);
    if (!(error instanceof SecretUnavailable)) continue;
    expect(error.message + error.mend).not.toContain('hunter2');
    expect(error.mend).not.toBe('');
  }
});

/** Each time the file is read it is also said that others may read it. */
async function followed(name: string): Promise<{ ask: () => Promise<string>; reads: () => number }> {
  let reads = 0;
  const ref = await file('old', 0o644, name);
  return { ask: followSecret(ref, () => { reads++; }), reads: () => reads };
}
/** Long enough after whatever was written. */
function later(): void { vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 }); }

describe('followed', () => {
  afterEach(() => { vi.useRealTimers(); });

  test('a file is read once for as long as it is the same', async () => {
    const { ask, reads } = await followed('same');
    later();
    expect([await ask(), await ask(), await ask(), reads()]).toEqual(['old', 'old', 'old', 1]);
  });

  test('another one in its place, or another content of the same length in it, counts at once', async () => {
    const { ask } = await followed('changed');
    later();
    expect(await ask()).toBe('old');
    await file('new', 0o600, 'other');
    await rename(join(folder, 'other'), join(folder, 'changed'));
    expect(await ask()).toBe('new');
    await file('own', 0o600, 'changed');
    expect(await ask()).toBe('own');
  });

  test('one that was written a moment ago is read each time: the next write may leave no trace', async () => {
    const { ask, reads } = await followed('fresh');
    expect([await ask(), await ask(), reads()]).toEqual(['old', 'old', 2]);
  });

  test('one that is gone is missed, and one that others may write from now on is refused', async () => {
    const { ask } = await followed('going');
    later();
    expect(await ask()).toBe('old');
    await chmod(join(folder, 'going'), 0o602);
    await expect(ask()).rejects.toThrow('may be written by others');
    await rm(join(folder, 'going'));
    await expect(ask()).rejects.toThrow(SecretUnavailable);
  });

  test('the environment', async () => {
    expect(await followSecret({ kind: 'env', name: 'PW' }, undefined, { PW: 'hunter2' })()).toBe('hunter2');
  });
});
