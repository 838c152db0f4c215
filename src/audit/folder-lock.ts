import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { AuditUnavailable } from '../core/audit-log.ts';

/**
 * Holds an exclusive lock on the file at `path` (made when absent) until released or the process ends: the kernel's own (fcntl), which a dead
 * process cannot leave behind and a recycled process id cannot fake. Node has no call for it; SQLite's `BEGIN EXCLUSIVE` on an empty database is
 * just that lock. Throws `AuditUnavailable` when another process has it, or another log in this one.
 */
export function lockFolder(path: string): () => void {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new AuditUnavailable(
      `another process${holder(path)} writes to this log folder (lock \`${path}\`): ${error instanceof Error ? error.message : String(error)}`,
      'stop the other gateway, or give this one a writer name or data folder of its own',
    );
  }
  writeFileSync(`${path}.pid`, `${process.pid}\n`, { mode: 0o600 });
  return () => { database.close(); };
}

/** For the message only; the lock is the kernel's. */
function holder(path: string): string {
  try {
    const pid = /^\d{1,10}/.exec(readFileSync(`${path}.pid`, 'latin1'))?.[0];
    return pid === undefined ? '' : ` (process ${pid})`;
  } catch {
    return '';
  }
}
