import { DatabaseError, type Client } from 'pg';
import { loadCatalog, type Loaded } from '../../../../src/catalog/load.ts';
import { catalogOf } from '../../../../src/catalog/snapshot.ts';
import type { Catalog } from '../../../../src/core/catalog.ts';
import { initialState, type SessionState } from '../../../../src/core/interpretation.ts';
import { createPostgresInterpreter, type PostgresInterpreter } from '../../../../src/intent/postgres/interpreter.ts';
import type { Examination } from '../examiner.ts';
import { judge } from '../judge.ts';
import { flushAtEnd, observe, sequencesNow, survey, type Situation } from '../observe.ts';
import { execute, predict, type Read, type Statement } from '../prediction.ts';

/** `skipped`: what cannot be measured, inside a transaction of the script's own or outside of any. */
export type Followed = Examination | { readonly kind: 'skipped' };

/** Statements that the server does not run inside a transaction block, by the grammar's names of them. */
const alone = new Set(['VacuumStmt', 'CreatedbStmt', 'DropdbStmt', 'CreateTableSpaceStmt', 'DropTableSpaceStmt', 'AlterSystemStmt', 'CreateSubscriptionStmt', 'DropSubscriptionStmt', 'DiscardStmt', 'TransactionStmt', 'ClusterStmt', 'ReindexStmt', 'CheckPointStmt', 'UnlistenStmt']);

/** Judges the statements of one session, whose effects stay: the catalog is read anew after each that changed it, as the gate does. */
export class Follower {
  readonly #client: Client;
  readonly #interpreter: PostgresInterpreter;
  #loaded: Loaded;
  #catalog: Catalog;
  #state: SessionState;
  /** Undefined when something happened that was not measured. */
  #situation: Situation | undefined;

  private constructor(client: Client, interpreter: PostgresInterpreter, loaded: Loaded) {
    this.#client = client;
    this.#interpreter = interpreter;
    this.#loaded = loaded;
    this.#catalog = catalogOf(loaded.snapshot);
    this.#state = initialState;
  }

  static async open(client: Client): Promise<Follower> {
    await client.query('CREATE TEMP TABLE first (); DROP TABLE first; DO $$ BEGIN END $$');
    return new Follower(client, await createPostgresInterpreter(), await loadCatalog(client));
  }

  async close(): Promise<void> { await this.#interpreter.close(); }

  /** As if the client had come anew. */
  async newSession(): Promise<void> {
    await this.#client.query('ROLLBACK');
    await this.#client.query('RESET SESSION AUTHORIZATION');
    await this.#client.query('DISCARD ALL');
    this.#state = initialState;
    await this.#forget();
  }

  async examine(statement: Statement): Promise<Followed> {
    const prediction = await predict(this.#interpreter, [statement], this.#catalog, this.#state);
    // With names and rights of another role neither the measuring nor the catalog is what it must be.
    const isMeasured = this.#state.history?.begin === undefined && this.#state.role === 'initial' && prediction.nextState.role === 'initial'
      && prediction.statements.every(({ kind, transaction }) => transaction === 'none' && !alone.has(kind)) && !/\bconcurrently\b/i.test(statement.sql);
    return isMeasured ? this.#measure(statement, prediction) : this.#pass(statement, prediction);
  }

  async #pass(statement: Statement, prediction: Read): Promise<Followed> {
    try {
      await execute(this.#client, statement);
      this.#state = prediction.nextState;
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
    }
    if (this.#state.history?.begin === undefined && this.#state.role === 'initial') await this.#forget();
    else this.#situation = undefined;
    return { kind: 'skipped' };
  }

  async #measure(statement: Statement, prediction: Read): Promise<Followed> {
    const before = this.#situation ?? await this.#survey();
    await this.#client.query('BEGIN');
    try {
      await execute(this.#client, statement);
      await this.#client.query('SET CONSTRAINTS ALL IMMEDIATE');
      const happened = await observe(this.#client, before);
      const verdict = judge(prediction, happened, before);
      await this.#client.query('COMMIT');
      this.#state = prediction.nextState;
      this.#situation = happened.situation;
      if (happened.objects.length > 0 || this.#state.changed.size > 0) await this.#reload();
      return { kind: 'judged', verdict, prediction, happened };
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      await this.#client.query('ROLLBACK');
      // Steps of sequences stay.
      this.#situation = { ...before, sequences: await sequencesNow(this.#client) };
      return { kind: 'refused', message: error.message };
    } finally {
      await this.#client.query(flushAtEnd);
    }
  }

  async #survey(): Promise<Situation> {
    await this.#client.query('BEGIN');
    const situation = await survey(this.#client);
    await this.#client.query('ROLLBACK');
    await this.#client.query(flushAtEnd);
    return situation;
  }

  /** What happened was not measured. */
  async #forget(): Promise<void> {
    this.#situation = undefined;
    await this.#reload();
  }

  async #reload(): Promise<void> {
    const loaded = await loadCatalog(this.#client, this.#loaded);
    if (loaded.snapshot !== this.#loaded.snapshot) this.#catalog = catalogOf(loaded.snapshot);
    this.#loaded = loaded;
    this.#state = { ...this.#state, changed: initialState.changed };
  }
}
