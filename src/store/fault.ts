import { StateUnavailable } from '../core/state.ts';

/** Primary result codes (sqlite.org/rescode.html); extended ones carry more in the upper bytes. */
const resultCode = { perm: 3, busy: 5, locked: 6, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, auth: 23, notadb: 26 } as const;

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Another connection is in the way for now: worth another try. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === resultCode.busy || code === resultCode.locked;
}

/** Puts what SQLite or the file system threw into our words. What is neither (a fault of our own) is taken for a store that cannot be trusted. */
export function stateUnavailable(error: unknown, path: string): StateUnavailable {
  if (error instanceof StateUnavailable) return error;
  const said = error instanceof Error ? error.message : String(error);
  switch (codeOf(error)) {
    case resultCode.busy: case resultCode.locked:
      return new StateUnavailable('locked', `the state file \`${path}\` is locked by another process`,
        `find who holds it (\`fuser ${path}\`) and let it finish; it is tried again by itself`);
    case resultCode.corrupt: case resultCode.notadb:
      return corrupt(path, said);
    case resultCode.perm: case resultCode.readonly: case resultCode.cantopen: case resultCode.auth:
      return permission(path, said);
    case resultCode.full: case resultCode.ioerr:
      return disk(path, said);
    case undefined: break;
    default: return corrupt(path, said);
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EEXIST' || code === 'EPERM' || code === 'EROFS' || code === 'EISDIR' || code === 'ENOTDIR') return permission(path, said);
  if (code === 'ENOSPC' || code === 'EIO' || code === 'EDQUOT' || code === 'EMFILE' || code === 'ENFILE') return disk(path, said);
  return corrupt(path, said);
}

export function corrupt(path: string, said: string): StateUnavailable {
  return new StateUnavailable('corrupt', `the state file \`${path}\` is damaged: ${said}`,
    `stop what uses it, remove \`${path}-wal\` and \`${path}-shm\`, and put the last good copy in its place`);
}

function permission(path: string, said: string): StateUnavailable {
  return new StateUnavailable('permission', `the state file \`${path}\` cannot be opened for writing: ${said}`,
    'give the file and its folder to the user that the gateway runs as');
}

function disk(path: string, said: string): StateUnavailable {
  return new StateUnavailable('disk', `the state file \`${path}\` cannot be read or written: ${said}`, 'free space on its disk, or look at the disk\'s own log');
}
