import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StateUnavailable } from '../core/state.ts';
import { corrupt } from './fault.ts';

/** Bytes: one page of the least size (SQLite file format, section 1.2). SQLite takes a shorter file for an empty one, and would write over it. */
const smallestDatabase = 512;

/** Which file it is, whatever its name: tells a file that was put in place of the one we have open. */
export interface FileIdentity { readonly device: number; readonly inode: number }

/**
 * Whether the file under `path` is still the one that was opened. SQLite goes on reading the file that it has: after a copy was put back,
 * revocations would be read from the one that is gone.
 */
export function isSameFile(path: string, opened: FileIdentity): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.ino === opened.inode && stats.dev === opened.device;
}

function missing(path: string): StateUnavailable {
  return new StateUnavailable('missing', `there is no state file \`${path}\``, 'put it back from a copy, or run `guardrails init` for a new one');
}

/** Makes folder (0700) and file (0600) when `create` is set, and closes what is too open. SQLite gives its -wal and -shm files the mode of the file. */
export function prepareFile(path: string, create: boolean): FileIdentity {
  const folder = dirname(path);
  if (create) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const folderStats = statSync(folder, { throwIfNoEntry: false });
  if (folderStats === undefined) throw missing(path);
  // Who may write the folder may plant a -wal file that SQLite would replay into the state.
  if ((folderStats.mode & 0o002) !== 0)
    throw new StateUnavailable('permission', `everyone may write the folder \`${folder}\` of the state file`, `chmod o-w ${folder}, or use a folder of the gateway's own`);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    if (!create) throw missing(path);
    createFile(path);
  }
  const stats = statSync(path);
  if (!stats.isFile()) throw new StateUnavailable('not-ours', `\`${path}\` is not a file`, 'name a file for the state');
  if (stats.size > 0 && stats.size < smallestDatabase) throw corrupt(path, 'it is cut short');
  // By path, never by a descriptor: closing any descriptor of the file drops the locks of every connection of this process (fcntl(2)).
  if ((stats.mode & 0o077) !== 0) chmodSync(path, 0o600);
  return { device: stats.dev, inode: stats.ino };
}

function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    // Another process was first.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
