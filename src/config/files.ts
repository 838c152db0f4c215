import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import type { TargetConfig } from './config.ts';
import type { Path } from './document.ts';
import type { RuleFinding } from './rules.ts';

/** A certificate with its chain, or a bundle of authorities; the system's own bundle is 220 KiB. */
const longestPem = 2 ** 20;

const dayInMilliseconds = 86_400_000;

function fault(problem: string, mend: string): Omit<RuleFinding, 'path'> { return { severity: 'error', problem, mend }; }

/** What a file system says, in words; never the path, which stands in the file already. */
export function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'the file may not be read by this user';
  if (code === 'EISDIR') return 'it is a folder';
  return `the file cannot be read (${typeof code === 'string' ? code : 'unknown error'})`;
}

/** Does not wait for somebody to write, where the path is a pipe (open(2), O_NONBLOCK). The caller asks `isFile` before it reads. */
export function openForReading(path: string): Promise<FileHandle> { return open(path, constants.O_RDONLY | constants.O_NONBLOCK); }

/** Bits of stat(2) st_mode: others may read; group or others may write. */
export const readableByOthers = 0o004;
export const writableByOthers = 0o022;

type Pem = { readonly text: string; readonly mode: number } | { readonly fault: Omit<RuleFinding, 'path'> };

async function pem(path: string): Promise<Pem> {
  try {
    // One descriptor: what is judged is what is read.
    const handle = await openForReading(path);
    try {
      const entry = await handle.stat();
      if (!entry.isFile()) return { fault: fault('is not a file', 'give a PEM file') };
      if (entry.size > longestPem) return { fault: fault('is longer than 1 MiB', 'give a PEM file') };
      return { text: await handle.readFile('latin1'), mode: entry.mode };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { fault: fault(whyNot(error), 'check the path (a relative one starts at the folder of this file) and its mode') };
  }
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----/g;

function certificates(text: string): readonly X509Certificate[] | undefined {
  try {
    const blocks = text.match(certificateBlock) ?? [];
    return blocks.length === 0 ? undefined : blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

function privateKey(text: string): KeyObject | 'encrypted' | undefined {
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) return 'encrypted';
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

async function authorities(path: string, at: Path): Promise<readonly RuleFinding[]> {
  const file = await pem(path);
  if ('fault' in file) return [{ ...file.fault, path: at }];
  return certificates(file.text) === undefined ? [{ ...fault('holds no certificate that can be read', 'give a PEM file of certificates'), path: at }] : [];
}

async function pair(certPath: string, keyPath: string, at: Path, now: number): Promise<readonly RuleFinding[]> {
  const certAt = [...at, 'cert'];
  const keyAt = [...at, 'key'];
  const found: RuleFinding[] = [];
  const [certFile, keyFile] = await Promise.all([pem(certPath), pem(keyPath)]);
  let leaf: X509Certificate | undefined;
  if ('fault' in certFile) found.push({ ...certFile.fault, path: certAt });
  else {
    leaf = certificates(certFile.text)?.[0];
    if (leaf === undefined) found.push({ ...fault('holds no certificate that can be read', 'give the PEM file of the certificate, with its chain after it'), path: certAt });
    else if (leaf.validToDate.getTime() <= now) found.push({ ...fault('has expired', 'renew it'), path: certAt });
    else if (leaf.validToDate.getTime() <= now + 14 * dayInMilliseconds) found.push({ severity: 'warning', path: certAt, problem: 'expires in less than 14 days', mend: 'renew it' });
  }
  if ('fault' in keyFile) return [...found, { ...keyFile.fault, path: keyAt }];
  if ((keyFile.mode & writableByOthers) !== 0) found.push({ ...fault('may be written by others', 'chmod 600 the file'), path: keyAt });
  // A warning only: secrets that containers mount are 0444 or 0644, in a file system that nobody else sees.
  else if ((keyFile.mode & readableByOthers) !== 0) found.push({ severity: 'warning', path: keyAt, problem: 'may be read by every user of this host', mend: 'chmod 600 the file' });
  const key = privateKey(keyFile.text);
  if (key === 'encrypted') found.push({ ...fault('is encrypted, and there is nobody to ask for its passphrase', 'give it unencrypted, with mode 600'), path: keyAt });
  else if (key === undefined) found.push({ ...fault('holds no private key that can be read', 'give the PEM file of the private key'), path: keyAt });
  else if (leaf !== undefined && !leaf.checkPrivateKey(key)) found.push({ ...fault('is not the key of the certificate in `cert`', 'give the two files that were made together'), path: keyAt });
  return found;
}

async function targetFiles(target: TargetConfig, now: number): Promise<readonly RuleFinding[]> {
  const at: Path = ['targets', target.target.name];
  const { tls, upstreamTls } = target;
  const found: (readonly RuleFinding[])[] = [];
  if (tls !== undefined) {
    found.push(await pair(tls.cert, tls.key, [...at, 'tls'], now));
    if (tls.clientCa !== undefined) found.push(await authorities(tls.clientCa, [...at, 'tls', 'client_ca']));
  }
  if (upstreamTls.ca !== undefined) found.push(await authorities(upstreamTls.ca, [...at, 'upstream_tls', 'ca']));
  if (upstreamTls.cert !== undefined && upstreamTls.key !== undefined) found.push(await pair(upstreamTls.cert, upstreamTls.key, [...at, 'upstream_tls'], now));
  return found.flat();
}

/** What the config says of files, held against the files. Secrets are not read here: a check of the config may run where they are not. */
export async function fileFindings(config: { readonly policy: readonly string[] | undefined; readonly targets: readonly TargetConfig[] }, now: number): Promise<readonly RuleFinding[]> {
  const found: RuleFinding[] = [];
  const { policy } = config;
  for (const [index, folder] of (policy ?? []).entries()) {
    const at: Path = policy?.length === 1 ? ['policy'] : ['policy', index];
    const isFolder = await stat(folder).then((entry) => entry.isDirectory(), () => undefined);
    if (isFolder !== true) found.push({ ...fault(isFolder === false ? 'is not a folder' : 'there is no such folder', '`guardrails init` writes the baseline policies to ./policies/baseline'), path: at });
  }
  for (const target of config.targets) found.push(...await targetFiles(target, now));
  return found;
}
