import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JudgingServer, startJudgingServer } from '../../../test/support/judging-server.ts';
import { servers } from '../../../test/support/servers.ts';
import type { Catalog } from '../../core/catalog.ts';
import { initialState } from '../../core/interpretation.ts';
import { createPostgresInterpreter } from './interpreter.ts';

/** Names that a column of a function may have, or not; the outer table has all of them. */
const names = ['a', 'b', 'c', 'q', 'f_one', 'f_two', 'n', 'column2', 'key', 'value', 'ordinality', 'generate_series', 'unnest', 'x', 'y', 'lexeme'];

const schema = `
  CREATE TABLE wide (${names.map((name) => `${name} int`).join(', ')}); INSERT INTO wide DEFAULT VALUES;
  CREATE TYPE pair AS (x int, y text); CREATE TABLE kept (a int, b int, gone int, c text); ALTER TABLE kept DROP COLUMN gone; CREATE DOMAIN pairs AS pair; CREATE DOMAIN word AS text; CREATE TABLE f_two (f_one int, b int);
  CREATE FUNCTION f_one(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f_out(int, OUT n int) LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f_outs(INOUT a int, OUT int, OUT c text) LANGUAGE sql AS 'SELECT 1, 2, ''x''';
  CREATE FUNCTION f_table(int) RETURNS TABLE (x int) LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f_tables(int) RETURNS TABLE (x int, y int) LANGUAGE plpgsql AS 'BEGIN RETURN QUERY SELECT 1, 2; END';
  CREATE FUNCTION f_pair() RETURNS pair LANGUAGE sql AS 'SELECT 1, ''x'''; CREATE FUNCTION f_pairs() RETURNS SETOF pairs LANGUAGE sql AS 'SELECT ROW(1, ''x'')::pairs'; CREATE FUNCTION f_kept(int) RETURNS SETOF kept LANGUAGE sql AS 'SELECT 1, 2, ''x''';
  CREATE FUNCTION f_word() RETURNS word LANGUAGE sql AS 'SELECT ''x''::word'; CREATE FUNCTION f_any(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1'; CREATE FUNCTION f_record() RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2';
  CREATE FUNCTION f_void() RETURNS void LANGUAGE sql AS ''; CREATE FUNCTION f_poly(anyelement, OUT a anyelement, OUT b anyarray) LANGUAGE sql AS 'SELECT $1, ARRAY[$1]'; CREATE FUNCTION f_out_pair(OUT q pair) LANGUAGE sql AS 'SELECT 1, ''x''';
  CREATE FUNCTION f_over(int) RETURNS TABLE (a int, b int) LANGUAGE sql AS 'SELECT 1, 2'; CREATE FUNCTION f_over(text) RETURNS TABLE (x int, y int) LANGUAGE sql AS 'SELECT 1, 2';
  CREATE FUNCTION f_same(int) RETURNS TABLE (a int) LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f_same(text) RETURNS TABLE (a int) LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f_default(int, int DEFAULT 5) RETURNS TABLE (b int) LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION f_two(int) RETURNS TABLE (a int, b int) LANGUAGE sql AS 'SELECT 1, 2'; CREATE FUNCTION n(int) RETURNS TABLE (a int, b int) LANGUAGE sql AS 'SELECT 1, 2';`;

/** Whose columns are known by name. */
const known = [
  'f_one(1)', 'f_one(1) q', 'f_one(1) AS q(a)', 'f_out(1)', 'f_out(1) q', 'f_outs(1) q', 'f_table(1) q', 'f_tables(1) q(a)', 'f_tables(1) WITH ORDINALITY', 'f_tables(1) WITH ORDINALITY AS q(a, b, c)', 'f_pair() q', 'f_kept(1)', 'f_kept(1) q(x)', 'f_word() q', 'f_void() q', 'f_poly(1) q', 'f_out_pair() q',
  'f_same(1) q', "f_same('x') q", 'f_default(1) q', 'f_default(1, 2) q', 'f_record() AS q(a int, b int)', 'ROWS FROM (f_tables(1), f_one(2)) q', 'ROWS FROM (f_one(2)) q', 'ROWS FROM (f_record() AS (a int, b int), f_table(1)) WITH ORDINALITY q', 'generate_series(1, 2)', 'generate_series(1, 2) q',
  "json_each('{}') q", "jsonb_array_elements('[]') q", "unnest('{1}'::int[]) q", "unnest(ARRAY[1, 2])", "pg_catalog.generate_series(1, 2) n", "regexp_matches('a', 'a') WITH ORDINALITY q", 'f_two(1)', 'public.f_tables(1) q', 'n(1) q',
];
/** Of which the arguments decide. */
const unsure = [
  'f_pairs() q', 'f_any(1) q', "f_any(ROW(1, 'x')::pair) q", 'f_any(NULL::kept) q', 'f_over(1) q', "f_over('x'::text) q", 'n(wide) q', 'n(NULL::wide) q', "unnest('a:1'::tsvector) q", "unnest(ARRAY[ROW(1, 'x')::pair]) q", "unnest('{}'::kept[]) q", "unnest('{1}'::int[], '{2}'::int[]) q",
  'coalesce(1, 2) q', 'current_date q', "f_any(ROW(1, 'x')::pair) WITH ORDINALITY AS q(a)", 'ROWS FROM (f_over(1), f_one(1)) q', "json_populate_record(NULL::pair, '{}') q", 'f_one(f_two) f_one',
];

const interpreter = await createPostgresInterpreter();
afterAll(() => interpreter.close());

describe.each(servers)('functions in FROM, $name', ({ options }) => {
  let server: JudgingServer;
  let client: Client;
  let catalog: Catalog;
  beforeAll(async () => {
    server = await startJudgingServer(schema, options);
    ({ client, catalog } = server);
  });
  afterAll(async () => { await server.stop(); });

  /** Columns of the outer table that are read where each name is looked for in a sub-query on the function. */
  async function outer(item: string, name: string): Promise<boolean> {
    const { statements } = await interpreter.interpret(`SELECT (SELECT ${name}::text FROM ${item} LIMIT 1) FROM wide`, catalog, { ...initialState, searchPath: ['public'] });
    const read = statements[0]?.effects.find(({ verb, resource }) => verb === 'read' && resource.path.join('.') === 'public.wide');
    return read !== undefined && (read.columns === 'all' || read.columns.includes(name));
  }

  test.each([...known, ...unsure])('%s', async (item) => {
    const answer = await client.query(`SELECT q.* FROM wide, LATERAL (SELECT * FROM ${item}) q LIMIT 0`);
    const fields = answer.fields.map(({ name }) => name);
    const missed: string[] = [];
    const more: string[] = [];
    for (const name of names) {
      const [mine, its] = [await outer(item, name), !fields.includes(name)];
      if (its && !mine) missed.push(name);
      if (mine && !its) more.push(name);
    }
    expect({ item, fields, missed, more: known.includes(item) ? more : [] }).toEqual({ item, fields, missed: [], more: [] });
  });

  test('what the session has changed is not known', async () => {
    for (const change of ['ALTER TABLE kept RENAME a TO q', 'ALTER TABLE kept DROP COLUMN a', 'DROP FUNCTION f_kept(int); CREATE FUNCTION f_kept(int) RETURNS TABLE (q int) LANGUAGE sql AS $$SELECT 1$$', 'DROP TABLE kept CASCADE']) {
      const { statements } = await interpreter.interpret(`${change}; SELECT (SELECT a::text FROM f_kept(1) LIMIT 1) FROM wide`, catalog, { ...initialState, searchPath: ['public'] });
      const reads = statements.at(-1)?.effects.filter(({ verb, resource }) => verb === 'opaque' || (verb === 'read' && resource.path[1] === 'wide')) ?? [];
      expect({ change, seen: reads.some(({ verb, columns }) => verb === 'opaque' || columns === 'all' || columns.includes('a')) }).toEqual({ change, seen: true });
    }
  });
});
