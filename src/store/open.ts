import { DatabaseSync } from 'node:sqlite';
import { StateUnavailable } from '../core/state.ts';
import { corrupt } from './fault.ts';
import { prepareFile } from './file.ts';
import type { FileIdentity } from './file.ts';
import { applicationId, migrations } from './migrations.ts';

/** Milliseconds that SQLite itself waits for a lock. It blocks the whole process: longer waits are the driver's, between tries. */
const busyTimeout = 10;

export interface OpenFile { readonly database: DatabaseSync; readonly identity: FileIdentity }

/** Opens, checks and migrates. Throws `StateUnavailable` or what SQLite and the file system throw; leaves nothing open then. */
export function openFile(path: string, create: boolean, randomBytes: (length: number) => Buffer): OpenFile {
  const identity = prepareFile(path, create);
  // defensive: SQL cannot write to SQLite's own structures, whatever it is.
  const database = new DatabaseSync(path, { timeout: busyTimeout, enableForeignKeyConstraints: true, allowExtension: false, defensive: true });
  try {
    const version = numberOf(database, 'user_version');
    const application = numberOf(database, 'application_id');
    if (application !== applicationId && (application !== 0 || version !== 0 || numberOf(database, 'schema_version') !== 0))
      throw new StateUnavailable('not-ours', `\`${path}\` is a database of another program`, 'name another file for the state');
    checkVersion(version, path);
    // FULL: with NORMAL a power cut may take back a revocation that somebody was told of.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
    const damage = String(Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0] ?? '');
    if (damage !== 'ok') throw corrupt(path, damage);
    if (version < migrations.length) migrate(database, path, randomBytes);
    return { database, identity };
  } catch (error) {
    database.close();
    throw error;
  }
}

function numberOf(database: DatabaseSync, pragma: 'user_version' | 'application_id' | 'schema_version'): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma] ?? 0);
}

function checkVersion(version: number, path: string): void {
  if (version > migrations.length)
    throw new StateUnavailable('newer', `the state file \`${path}\` has schema version ${version}, and this program knows ${migrations.length}`,
      'run the newer program, or put back the copy that was made before it was upgraded');
}

function migrate(database: DatabaseSync, path: string, randomBytes: (length: number) => Buffer): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    // Again, under the lock: another process may have been first.
    const version = numberOf(database, 'user_version');
    checkVersion(version, path);
    for (const statements of migrations.slice(version)) for (const statement of statements) database.exec(statement);
    database.prepare("INSERT INTO meta (name, value) VALUES ('mock-key', ?) ON CONFLICT DO NOTHING").run(randomBytes(32).toString('base64'));
    database.exec(`PRAGMA user_version = ${migrations.length}; PRAGMA application_id = ${applicationId}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
