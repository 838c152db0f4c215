import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { startPostgres } from '../../../examples/support/postgres-server.ts';
import { loadCatalog } from '../../../src/catalog/load.ts';
import { catalogOf } from '../../../src/catalog/snapshot.ts';
import type { Catalog } from '../../../src/core/catalog.ts';
import { initialState, type SessionState } from '../../../src/core/interpretation.ts';
import { createPostgresInterpreter, type PostgresInterpreter } from '../../../src/intent/postgres/interpreter.ts';
import { Parser } from '../../../src/intent/postgres/parser/parser.ts';
import { connect } from '../../support/servers.ts';
import { Judge } from './judge.ts';
import type { Names, Table } from './making.ts';
import { createReader } from './privileges.ts';
import { readOurs, type Ours } from './ours.ts';

/** What a session has done before, through which names mean something else. */
export interface Setting { readonly name: string; readonly before: readonly string[] }

export const settings: readonly Setting[] = [
  { name: 'search_path as it is', before: [] },
  { name: 'search_path s1', before: ['SET search_path = s1, public'] },
  { name: 'search_path s2, folded', before: ['SET search_path TO S2, "s1", PUBLIC'] },
  { name: 'search_path by function', before: [`SELECT set_config('search_path', 's2, public', false)`] },
  { name: 'search_path empty', before: [`SET search_path = ''`] },
  { name: 'temporary tables', before: ['CREATE TEMPORARY TABLE a (id int, t int, secret int)', 'CREATE TEMP TABLE lower AS SELECT 1 AS x, 2 AS "User"'] },
  { name: 'temporary tables last', before: ['CREATE TEMP TABLE b (id int, hidden int)', 'SET search_path = s1, public, pg_temp'] },
  { name: 'temporary view', before: ['CREATE TEMP VIEW t AS SELECT id AS x, y FROM a'] },
];

/** Integers are what queries are made of; all else is shown only by whole rows and `*`. */
const tablesOf = `
  SELECT regexp_replace(n.nspname, '^pg_temp_\\d+$', 'pg_temp') AS schema, c.relname AS name, c.relkind IN ('v', 'm') AS view,
         coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.atttypid IN ('int4'::regtype, 'int8'::regtype)), '{}') AS columns,
         coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.atttypid NOT IN ('int4'::regtype, 'int8'::regtype)), '{}') AS others
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p', 'v', 'm') AND (n.nspname IN ('public', 's1', 's2') OR n.oid = pg_catalog.pg_my_temp_schema()) GROUP BY 1, 2, 3 ORDER BY 1, 2`;

/** A server with the schema, and our reading of it. */
export class Stage {
  readonly client: Client;
  readonly judge: Judge;
  readonly catalog: Catalog;
  readonly parser: Parser;
  readonly #stop: () => Promise<void>;
  readonly #interpreter: PostgresInterpreter;
  #state: SessionState = initialState;

  constructor(client: Client, stop: () => Promise<void>, catalog: Catalog, interpreter: PostgresInterpreter, parser: Parser) {
    this.#stop = stop;
    this.client = client;
    this.judge = new Judge(client);
    this.catalog = catalog;
    this.#interpreter = interpreter;
    this.parser = parser;
  }

  /** On a server of its own, with the schema that statements are made for. */
  static async open(): Promise<Stage> {
    const server = await startPostgres({ settings: { jit: 'off' } });
    const client = await connect(server.connectionString('postgres'));
    await client.query(await readFile(join(import.meta.dirname, 'schema.sql'), 'utf8'));
    await createReader(client, ['s1', 's2']);
    return Stage.on(client, () => server.stop());
  }

  /** On what the connection's database holds. */
  static async on(client: Client, stop: () => Promise<void>): Promise<Stage> {
    const { snapshot } = await loadCatalog(client);
    return new Stage(client, stop, catalogOf(snapshot), await createPostgresInterpreter(), await Parser.create());
  }

  /** Begins a session anew with what it has done before, and says what can be named in it. */
  async enter({ before }: Setting): Promise<Names> {
    await this.client.query('DISCARD ALL');
    this.#state = initialState;
    for (const text of before) if (await this.execute(text) === undefined) throw new Error(`the server refused ${text}`);
    await this.judge.learn();
    const tables = (await this.client.query<Table>(tablesOf)).rows;
    const path = (await this.client.query<{ schemas: string[] }>('SELECT current_schemas(true)::text[] AS schemas')).rows[0]?.schemas ?? [];
    return { tables, path: path.map((schema) => schema.replace(/^pg_temp_\d+$/, 'pg_temp')) };
  }

  /** Does what a session does, and remembers it. Undefined where the server refuses it. */
  async execute(text: string): Promise<true | undefined> {
    try {
      await this.client.query(text);
    } catch {
      return undefined;
    }
    this.#state = (await this.ours(text)).next;
    return true;
  }

  ours(text: string): Promise<Ours> { return readOurs(this.#interpreter, text, this.catalog, this.#state); }

  async close(): Promise<void> {
    await this.#interpreter.close();
    await this.client.end();
    await this.#stop();
  }
}
