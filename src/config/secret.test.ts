import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SecretRef } from './config.ts';
import { resolveSecret, SecretUnavailable } from './secret.ts';

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
