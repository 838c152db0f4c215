import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { CompiledQuery } from 'kysely';
import type { DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely';
import { isBusy, stateUnavailable } from './fault.ts';
import { isSameFile } from './file.ts';
import { openFile } from './open.ts';
import type { OpenFile } from './open.ts';

export interface DriverOptions {
  readonly path: string;
  /** Makes folder and file when there are none; never again once the file was open: a state that vanished is a fault, not an empty state. */
  readonly create: boolean;
  /** Milliseconds to keep trying while another connection is in the way. Waits do not block the process. */
  readonly patience: number;
  readonly randomBytes: (length: number) => Buffer;
}

/** Milliseconds between two tries. */
const busyPause = 15;

/**
 * Kysely's driver for one `DatabaseSync`: one transaction or query at a time, in the order of asking. Opens when first needed and again after
 * any fault, so that whoever repairs the file need not restart us. Throws `StateUnavailable` and nothing else.
 */
export class NodeSqliteDriver implements Driver {
  readonly #options: DriverOptions;
  #open: OpenFile | undefined;
  #opens = 0;
  #broken = false;
  #turn: Promise<void> = Promise.resolve();
  #endTurn: (() => void) | undefined;

  constructor(options: DriverOptions) { this.#options = options; }

  async init(): Promise<void> { /* acquireConnection opens */ }

  /** Differs when another connection has committed, or another file was opened; our own commits do not show (sqlite.org/pragma.html#pragma_data_version). */
  async revision(): Promise<string> {
    const connection = await this.acquireConnection();
    try {
      const result = await connection.executeQuery<{ data_version: number }>(dataVersion);
      return `${this.#opens}.${result.rows[0]?.data_version ?? 0}`;
    } finally {
      await this.releaseConnection();
    }
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    this.#endTurn = resolve;
    try {
      if (this.#open !== undefined && !isSameFile(this.#options.path, this.#open.identity)) this.#leaveOldFile();
      if (this.#open === undefined) {
        this.#open = await this.#try(() => openFile(this.#options.path, this.#options.create && this.#opens === 0, this.#options.randomBytes));
        this.#opens += 1;
      }
      return new NodeSqliteConnection(this.#open.database, (work) => this.#try(work));
    } catch (error) {
      await this.releaseConnection();
      throw error;
    }
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    // A writer takes the lock at once: one that reads first and writes later can only fail when another was faster.
    await connection.executeQuery(CompiledQuery.raw(settings.accessMode === 'read only' ? 'BEGIN' : 'BEGIN IMMEDIATE'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('COMMIT'));
  }

  /** Never throws: the fault that led here is the one to tell. SQLite has rolled back by itself after some faults; closing does so after all. */
  async rollbackTransaction(): Promise<void> {
    try {
      if (this.#open?.database.isTransaction === true) this.#open.database.exec('ROLLBACK');
    } catch {
      this.#broken = true;
    }
  }

  async releaseConnection(): Promise<void> {
    if (this.#broken) this.#close();
    this.#endTurn?.();
  }

  async destroy(): Promise<void> {
    await this.#turn;
    this.#close();
  }

  /** Whoever puts a copy in the file's place may leave the -wal file of the old one, which SQLite would replay into the copy: it is emptied into the old. */
  #leaveOldFile(): void {
    try {
      this.#open?.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch { /* the old file is not needed any more */ }
    this.#close();
  }

  #close(): void {
    this.#broken = false;
    const open = this.#open;
    this.#open = undefined;
    try {
      open?.database.close();
    } catch { /* closing what is damaged may fail; it is not used again */ }
  }

  async #try<T>(work: () => T): Promise<T> {
    const deadline = performance.now() + this.#options.patience;
    while (true) {
      try {
        return work();
      } catch (error) {
        if (isBusy(error) && performance.now() < deadline) {
          await sleep(busyPause);
          continue;
        }
        if (!isBusy(error)) this.#broken = true;
        throw stateUnavailable(error, this.#options.path);
      }
    }
  }
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #try: <T>(work: () => T) => Promise<T>;

  constructor(database: DatabaseSync, retry: <T>(work: () => T) => Promise<T>) {
    this.#database = database;
    this.#try = retry;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.#try(() => {
      const statement = this.#database.prepare(query.sql);
      const parameters = query.parameters.map(toSqlite);
      // Kysely's contract leaves the row type to the caller; the columns are those of schema.ts.
      if (statement.columns().length > 0) return { rows: statement.all(...parameters) as R[] };
      const { changes } = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes) };
    });
  }

  streamQuery(): AsyncIterableIterator<never> {
    throw new Error('the state store does not stream');
  }
}


const dataVersion = CompiledQuery.raw('PRAGMA data_version');

function toSqlite(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
  throw new TypeError(`${typeof value} is not a value of the state store`);
}
