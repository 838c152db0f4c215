import { DatabaseError, type Client } from 'pg';
import { loadCatalog } from '../../../src/catalog/load.ts';
import { catalogOf } from '../../../src/catalog/snapshot.ts';
import type { Catalog } from '../../../src/core/catalog.ts';
import { initialState } from '../../../src/core/interpretation.ts';
import { createPostgresInterpreter, type PostgresInterpreter } from '../../../src/intent/postgres/interpreter.ts';
import { judge, type Prediction, type Verdict } from './judge.ts';
import { flushAtEnd, observe, sequencesNow, survey, type Happened, type Situation } from './observe.ts';
import { execute, predict, type Statement } from './prediction.ts';
import type { World } from './world.ts';

/** Statements that run one after the other in one transaction. */
export type Case = readonly Statement[];

export type Examination =
  | { readonly kind: 'judged'; readonly verdict: Verdict; readonly prediction: Prediction; readonly happened: Happened }
  | { readonly kind: 'refused'; readonly message: string };

/** Asks the interpreter first and the server afterwards, of one case at a time; nothing of a case stays, but the steps of sequences. */
export class Examiner {
  readonly #client: Client;
  readonly #interpreter: PostgresInterpreter;
  readonly #catalog: Catalog;
  readonly #searchPath: readonly string[];
  #situation: Situation;

  private constructor(world: World, interpreter: PostgresInterpreter, catalog: Catalog, situation: Situation) {
    this.#client = world.actor;
    this.#searchPath = world.searchPath;
    this.#interpreter = interpreter;
    this.#catalog = catalog;
    this.#situation = situation;
  }

  /** `alter` gives the interpreter another catalog than the true one: how a test blinds it. */
  static async open(world: World, alter: (catalog: Catalog) => Catalog = (catalog) => catalog): Promise<Examiner> {
    const { snapshot, incomplete } = await loadCatalog(world.actor);
    if (incomplete) throw new Error('the catalog could not be read whole');
    await world.actor.query('BEGIN');
    const situation = await survey(world.actor);
    await world.actor.query('ROLLBACK');
    await world.actor.query(flushAtEnd);
    return new Examiner(world, await createPostgresInterpreter(), alter(catalogOf(snapshot)), situation);
  }

  async close(): Promise<void> { await this.#interpreter.close(); }

  /** Throws when the connection is lost; what the server says of a statement is an answer. */
  async examine(statements: Case): Promise<Examination> {
    const prediction = await predict(this.#interpreter, [{ sql: 'BEGIN' }, ...statements], this.#catalog, { ...initialState, searchPath: this.#searchPath });
    await this.#client.query('BEGIN');
    try {
      for (const statement of statements) await execute(this.#client, statement);
      await this.#client.query('SET CONSTRAINTS ALL IMMEDIATE');
      const happened = await observe(this.#client, this.#situation);
      const verdict = judge(prediction, happened, this.#situation);
      if (!await this.#notifies() || prediction.effects.some(({ verb, resource }) => verb === 'opaque' || resource.kind === 'channel')) return { kind: 'judged', verdict, prediction, happened };
      return { kind: 'judged', verdict: { ...verdict, differences: [...verdict.differences, 'notification'] }, prediction, happened };
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      return { kind: 'refused', message: error.message };
    } finally {
      await this.#client.query('ROLLBACK');
      // What a rollback leaves.
      await this.#client.query('DEALLOCATE ALL; SELECT pg_advisory_unlock_all()');
      this.#situation = { ...this.#situation, sequences: await sequencesNow(this.#client) };
      await this.#client.query(flushAtEnd);
    }
  }

  /** A transaction that has notified cannot be prepared (PrepareTransaction, src/backend/access/transam/xact.c): nothing else tells before COMMIT. */
  async #notifies(): Promise<boolean> {
    try {
      await this.#client.query(`PREPARE TRANSACTION 'oracle'`);
    } catch (error) {
      if (error instanceof DatabaseError) return error.message.includes('NOTIFY');
      throw error;
    }
    await this.#client.query(`ROLLBACK PREPARED 'oracle'`);
    return false;
  }
}
