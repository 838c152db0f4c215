import { X509Certificate } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formatFinding, loadConfig, type Loaded } from './load.ts';

const certificates = join(import.meta.dirname, '../connectors/postgres/testdata/tls');
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guardrails-config-'));
  await mkdir(join(folder, 'policies/baseline'), { recursive: true });
});
afterAll(async () => { await rm(folder, { recursive: true, force: true }); });
beforeEach(async () => {
  for (const name of ['server.crt', 'server.key', 'stranger.crt', 'stranger.key']) {
    await copyFile(join(certificates, name), join(folder, name));
    await chmod(join(folder, name), name.endsWith('.key') ? 0o600 : 0o644);
  }
  await writeFile(join(folder, 'locked.key'), '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n', { mode: 0o600 });
});

async function load(text: string, mode = 0o644): Promise<Loaded> {
  const path = join(folder, 'guardrails.yaml');
  await writeFile(path, text);
  await chmod(path, mode);
  return loadConfig(path);
}

function target(more: string): string {
  return `version: 1\ntargets:\n  shop:\n    protocol: postgres\n    listen: 127.0.0.1:6432\n    upstream: postgres://app@127.0.0.1/shop\n    environment: local\n${more}\n`;
}

function said(loaded: Loaded): readonly string[] {
  return [...(loaded.ok ? [] : loaded.errors), ...loaded.warnings].map((finding) => formatFinding(finding).replace(`${folder}/guardrails.yaml:`, ''));
}

test('what is right loads, with the digest of its bytes', async () => {
  const loaded = await load(target('    tls: { cert: server.crt, key: server.key, client_ca: stranger.crt }'));
  expect(said(loaded)).toEqual([]);
  expect(loaded).toMatchObject({ ok: true, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), config: { targets: [{ tls: { cert: join(folder, 'server.crt'), required: true } }] } });
});

test.each([
  ['a key of another certificate', 'tls: { cert: server.crt, key: stranger.key }', '8:35: targets.shop.tls.key: is not the key of the certificate in `cert`; give the two files that were made together'],
  ['a missing certificate', 'tls: { cert: none.crt, key: server.key }', '8:18: targets.shop.tls.cert: there is no such file; check the path (a relative one starts at the folder of this file) and its mode'],
  ['a key in place of the certificate', 'tls: { cert: server.key, key: server.key }', '8:18: targets.shop.tls.cert: holds no certificate that can be read; give the PEM file of the certificate, with its chain after it'],
  ['a certificate in place of the key', 'tls: { cert: server.crt, key: server.crt }', '8:35: targets.shop.tls.key: holds no private key that can be read; give the PEM file of the private key'],
  ['an encrypted key', 'tls: { cert: server.crt, key: locked.key }', '8:35: targets.shop.tls.key: is encrypted, and there is nobody to ask for its passphrase; give it unencrypted, with mode 600'],
  ['a folder', 'upstream_tls: { mode: verify-full, ca: policies }', '8:44: targets.shop.upstream_tls.ca: is not a file; give a PEM file'],
])('%s', async (_, line, expected) => {
  const loaded = await load(target(`    ${line}`));
  expect(loaded.ok).toBe(false);
  expect(said(loaded).filter((text) => !text.includes('warning'))).toEqual([expected]);
});

test('a key that others may read is a warning, one that they may write an error', async () => {
  const text = target('    tls: { cert: server.crt, key: server.key }');
  await chmod(join(folder, 'server.key'), 0o644);
  expect(await load(text)).toMatchObject({ ok: true, warnings: [{ key: 'targets.shop.tls.key', problem: 'may be read by every user of this host' }] });
  await chmod(join(folder, 'server.key'), 0o620);
  expect(await load(text)).toMatchObject({ ok: false, errors: [{ key: 'targets.shop.tls.key', problem: 'may be written by others' }] });
});

test('a certificate that runs out is said before, and refused after', async () => {
  const path = join(folder, 'guardrails.yaml');
  await writeFile(path, target('    tls: { cert: server.crt, key: server.key }'));
  const end = new X509Certificate(await readFile(join(folder, 'server.crt'))).validToDate.getTime();
  expect(await loadConfig(path, end - 1)).toMatchObject({ ok: true, warnings: [{ problem: 'expires in less than 14 days' }] });
  expect(await loadConfig(path, end)).toMatchObject({ ok: false, errors: [{ key: 'targets.shop.tls.cert', problem: 'has expired' }] });
});

describe('the file itself', () => {
  test('a policy folder that is not there', async () => {
    expect(said(await load(`${target('')}policy: [policies/baseline, policies/none, guardrails.yaml]\n`))).toEqual([
      '9:29: policy[1]: there is no such folder; `guardrails init` writes the baseline policies to ./policies/baseline',
      '9:44: policy[2]: is not a folder; `guardrails init` writes the baseline policies to ./policies/baseline',
    ]);
  });
  test('others may write it', async () => {
    expect(said(await load(target(''), 0o666))).toEqual(['1:1: others may write it; chmod go-w the file']);
  });
  test('not there, not a file, not UTF-8, too long', async () => {
    expect(said(await loadConfig(join(folder, 'none.yaml')))[0]).toMatch(/none\.yaml:1:1: there is no such file; `guardrails init`/);
    expect(said(await loadConfig(folder))[0]).toMatch(/:1:1: it is not a file;/);
    await writeFile(join(folder, 'latin1.yaml'), Buffer.from('version: 1 # caf\xe9\n', 'latin1'));
    expect(said(await loadConfig(join(folder, 'latin1.yaml')))[0]).toMatch(/:1:1: it is not UTF-8;/);
    await writeFile(join(folder, 'long.yaml'), `version: 1\n${'#'.repeat(2 ** 20)}`);
    expect(said(await loadConfig(join(folder, 'long.yaml')))[0]).toMatch(/:1:1: it is longer than 1 MiB;/);
    await symlink('loop.yaml', join(folder, 'loop.yaml'));
    expect((await loadConfig(join(folder, 'loop.yaml'))).ok).toBe(false);
  });
});
