import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { SecretRef } from './config.ts';
import { openForReading, readableByOthers, whyNot, writableByOthers } from './files.ts';

/** Bytes; passwords and tokens are shorter. */
const longestSecret = 65_536;

/** The secret cannot be had. Neither text holds any of it. */
export class SecretUnavailable extends Error {
  override readonly name = 'SecretUnavailable';
  readonly mend: string;
  constructor(message: string, mend: string) { super(message); this.mend = mend; }
}

/** `{ env: SHOP_DB_PASSWORD }`: where it is, for errors and `--check-config`. */
export function formatSecretRef(ref: SecretRef): string {
  return `{ ${ref.kind}: ${ref.kind === 'file' ? ref.path : ref.name} }`;
}

/** One newline is what an editor or `echo` left behind; more is part of the secret. */
function trimmed(text: string, ref: SecretRef): string {
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new SecretUnavailable(`the secret ${formatSecretRef(ref)} is empty`, 'put the secret there');
  if (secret.includes('\0')) throw new SecretUnavailable(`the secret ${formatSecretRef(ref)} holds a NUL`, 'put the plain text of the secret there, as UTF-8');
  return secret;
}

async function fromFile(path: string, ref: SecretRef, warn: (text: string) => void): Promise<string> {
  let bytes: Buffer;
  let mode: number;
  try {
    const handle = await openForReading(path);
    try {
      const entry = await handle.stat();
      mode = entry.mode;
      // A pipe or device could give without end.
      if (!entry.isFile()) throw new SecretUnavailable(`the secret ${formatSecretRef(ref)} is not a file`, 'name a file');
      if (entry.size > longestSecret) throw new SecretUnavailable(`the secret ${formatSecretRef(ref)} is longer than 64 KiB`, 'name the file that holds the secret alone');
      bytes = await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof SecretUnavailable) throw error;
    throw new SecretUnavailable(`the secret ${formatSecretRef(ref)}: ${whyNot(error)}`, 'check the path and who may read it');
  }
  if ((mode & writableByOthers) !== 0) throw new SecretUnavailable(`the secret ${formatSecretRef(ref)} may be written by others`, 'chmod 600 the file');
  if ((mode & readableByOthers) !== 0 && ref.kind === 'file') warn(`the secret ${formatSecretRef(ref)} may be read by every user of this host; chmod 600 the file`);
  try {
    return trimmed(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), ref);
  } catch (error) {
    if (error instanceof SecretUnavailable) throw error;
    throw new SecretUnavailable(`the secret ${formatSecretRef(ref)} is not UTF-8`, 'put the plain text of the secret there, as UTF-8');
  }
}

/**
 * Reads the secret, each time anew: a file that was replaced counts from the next login on.
 * Rejects with `SecretUnavailable`. `warn` hears of a file that every user of the host may read.
 */
export async function resolveSecret(ref: SecretRef, warn: (text: string) => void = () => {}, env: Readonly<Record<string, string | undefined>> = process.env): Promise<string> {
  if (ref.kind !== 'env') return fromFile(pathOf(ref, env), ref, warn);
  const value = env[ref.name];
  if (value === undefined) throw new SecretUnavailable(`the environment variable ${ref.name} is not set`, `set ${ref.name} for the gateway's process`);
  return trimmed(value, ref);
}

function pathOf(ref: Exclude<SecretRef, { kind: 'env' }>, env: Readonly<Record<string, string | undefined>>): string {
  if (ref.kind === 'file') return ref.path;
  const folder = env['CREDENTIALS_DIRECTORY'];
  if (folder === undefined || !isAbsolute(folder)) throw new SecretUnavailable('$CREDENTIALS_DIRECTORY is not set', `add \`LoadCredential=${ref.name}:PATH\` to the systemd unit`);
  return join(folder, ref.name);
}

/** Milliseconds. A file that was changed so shortly ago may be changed once more within the same tick of its file system's clock (two seconds on the coarsest). */
const settled = 2_500;

/**
 * As `resolveSecret` at each call, for those who ask often: a file is read again only when it is not the one that was read (another file there, another
 * size, another time of change), which one look at its entry tells.
 */
export function followSecret(ref: SecretRef, warn: (text: string) => void = () => {}, env: Readonly<Record<string, string | undefined>> = process.env): () => Promise<string> {
  if (ref.kind === 'env') return () => resolveSecret(ref, warn, env);
  let kept: { readonly mark: string; readonly secret: string } | undefined;
  return async () => {
    const mark = markOf(pathOf(ref, env));
    if (kept !== undefined && kept.mark === mark) return kept.secret;
    const secret = await resolveSecret(ref, warn, env);
    kept = mark === undefined ? undefined : { mark, secret };
    return secret;
  };
}

/**
 * Equal for what is surely the same file with the same content; undefined when that cannot be told. Whoever writes a file, or changes its mode, changes its
 * ctime, and cannot set that (utimensat(2) sets the other times alone). Synchronous: it takes microseconds, and by the thread pool fifty times as long.
 */
function markOf(path: string): string | undefined {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined || Date.now() - entry.ctimeMs < settled) return undefined;
  return `${entry.dev} ${entry.ino} ${entry.size} ${entry.ctimeMs}`;
}
