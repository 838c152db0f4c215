import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JudgingServer, startJudgingServer } from '../../../test/support/judging-server.ts';
import { value } from '../../../test/support/servers.ts';
import type { Catalog } from '../../core/catalog.ts';
import { initialState } from '../../core/interpretation.ts';
import { createPostgresInterpreter } from './interpreter.ts';

const interpreter = await createPostgresInterpreter();
let server: JudgingServer;
let client: Client;
let catalog: Catalog;

beforeAll(async () => {
  // Whatever is called here empties `log`.
  server = await startJudgingServer(`
    CREATE TABLE log (n int); INSERT INTO log SELECT generate_series(1, 3); CREATE TABLE few (id int PRIMARY KEY, kind int); INSERT INTO few VALUES (1, 1);
    CREATE FUNCTION of_few(few) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM log; RETURN 1; END'; CREATE FUNCTION of_class(pg_class) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM log; RETURN 1; END';
    CREATE FUNCTION of_row(record) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM log; RETURN 1; END'; CREATE FUNCTION of_number(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM log; RETURN 1; END';
    CREATE FUNCTION gives() RETURNS few LANGUAGE sql AS 'SELECT * FROM few LIMIT 1';
    CREATE FUNCTION by_name(p few) RETURNS int LANGUAGE sql AS 'SELECT p.of_few'; CREATE FUNCTION by_full_name(p few) RETURNS int LANGUAGE sql AS 'SELECT by_full_name.p.of_few'; CREATE FUNCTION by_number(few) RETURNS int LANGUAGE sql AS 'SELECT $1.of_few';
    CREATE FUNCTION by_value(p int) RETURNS int LANGUAGE sql AS 'SELECT p.of_number';
    CREATE TYPE mood AS ENUM ('low', 'high'); CREATE FUNCTION mood_json(mood) RETURNS json LANGUAGE plpgsql AS $$ BEGIN DELETE FROM log; RETURN '1'; END $$; CREATE CAST (mood AS json) WITH FUNCTION mood_json(mood);
    CREATE FUNCTION mood_text(mood) RETURNS text LANGUAGE plpgsql AS $$ BEGIN DELETE FROM log; RETURN 'x'; END $$; CREATE CAST (mood AS text) WITH FUNCTION mood_text(mood) AS IMPLICIT;
    CREATE TYPE inner_pair AS (m mood, n int); CREATE TYPE pair AS (p inner_pair[]); CREATE DOMAIN inner_domain AS inner_pair; CREATE DOMAIN moods AS mood[];
    CREATE TABLE felt (m mood); INSERT INTO felt VALUES ('low'); CREATE TABLE pairs (p inner_pair); INSERT INTO pairs VALUES (ROW('low', 1));
    CREATE TABLE nested (q pair); INSERT INTO nested VALUES (ROW(ARRAY[ROW('low', 1)::inner_pair])); CREATE TABLE domains (d inner_domain); INSERT INTO domains VALUES (ROW('low', 1)); CREATE TABLE lists (l moods); INSERT INTO lists VALUES ('{low}');
    CREATE TABLE checked (m mood, CHECK (to_json(m) IS NOT NULL)); CREATE TABLE made (m mood, j json DEFAULT JSON_ARRAY('low'::mood));
    CREATE FUNCTION watches() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM to_jsonb(NEW); RETURN NEW; END $$; CREATE TABLE watched (m mood); CREATE TRIGGER watches BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION watches()`);
  ({ client, catalog } = server);
});
afterAll(async () => {
  await server.stop();
  await interpreter.close();
});

async function isSaid(text: string): Promise<boolean> {
  const made = await interpreter.interpret(text, catalog, initialState);
  return made.statements.some(({ effects }) => effects.some(({ verb, resource }) => verb === 'opaque' || (verb === 'delete' && resource.path.at(-1) === 'log')));
}

async function empties(text: string): Promise<boolean> {
  await client.query('BEGIN');
  try {
    await client.query(text);
    return await value(client, 'SELECT count(*)::int FROM log') === 0;
  } finally {
    await client.query('ROLLBACK');
  }
}

test.each([
  'SELECT x.of_row FROM (SELECT 1 AS a) x', 'SELECT gives.of_few FROM gives()', 'WITH x AS (SELECT * FROM few) SELECT x.of_row FROM x', 'SELECT x.of_number FROM generate_series(1, 1) x', 'SELECT x.of_number FROM unnest((SELECT array_agg(1))) x', 'SELECT x.of_row FROM (VALUES (1)) x',
  'SELECT c.of_class FROM pg_class c LIMIT 1', 'SELECT j.of_row FROM (few a JOIN few b USING (id)) AS j', "SELECT x.of_row FROM json_to_record('{}') AS x (a int)", 'SELECT x.of_row FROM pg_get_keywords() x LIMIT 1', 'CREATE TEMP TABLE mine AS SELECT 1 AS a; SELECT mine.of_row FROM mine',
  'DELETE FROM few USING (SELECT 1 AS a) x WHERE x.of_row = 2', 'SELECT by_name(few) FROM few', 'SELECT by_full_name(few) FROM few', 'SELECT by_number(few) FROM few', 'SELECT by_value(1)',
  'CREATE FUNCTION zap(few) RETURNS int LANGUAGE sql AS $$ DELETE FROM log; SELECT 1 $$; SELECT (few).zap FROM few',
])('a function that is written as a field runs: %s', async (text) => {
  expect({ empties: await empties(text), said: await isSaid(text) }).toEqual({ empties: true, said: true });
});

const toJson = ['to_json(X)', 'to_jsonb(X)', 'json_agg(X)', 'jsonb_agg_strict(X)', "json_build_object('k', X)", 'jsonb_build_array(X)', "json_object_agg('k', X)", "jsonb_object_agg_unique('k', X)", "JSON_OBJECT('k': X)", 'JSON_ARRAY(X)', 'JSON_ARRAYAGG(X)', "JSON_OBJECTAGG('k': X)", "JSON_VALUE('1', '$' PASSING X AS x)"];
test.each([
  ...[['m', 'felt'], ['ARRAY[m]', 'felt'], ['felt', 'felt'], ['p', 'pairs'], ['q', 'nested'], ['d', 'domains'], ['l', 'lists'], ['lists', 'lists']].flatMap(([of = '', from = '']) => toJson.map((call) => `SELECT ${call.replace('X', of)} FROM ${from}`)), 'SELECT row_to_json(felt) FROM felt', 'SELECT array_to_json(l) FROM lists', 'SELECT JSON_SCALAR(m) FROM felt', 'SELECT JSON_ARRAY(SELECT m FROM felt)',
  "SELECT to_json('low'::mood)", "INSERT INTO checked VALUES ('low')", 'INSERT INTO made DEFAULT VALUES', "INSERT INTO watched VALUES ('low')", 'SELECT to_json(x) FROM unnest(enum_range(NULL::mood)) x',
])('a cast to json runs where JSON is made: %s', async (text) => {
  expect({ empties: await empties(text), said: await isSaid(text) }).toEqual({ empties: true, said: true });
});

test.each([
  'SELECT (p).m::text FROM pairs', 'SELECT lower((p).m) FROM pairs', 'SELECT (d).m::text FROM domains', 'SELECT l[1]::text FROM lists', 'SELECT (q).p[1].m::text FROM nested', 'SELECT x::text FROM (SELECT (p).m FROM pairs) y (x)', 'DO $$ DECLARE r pairs; x text; BEGIN SELECT * INTO r FROM pairs; x := (r.p).m; END $$',
])('a cast of what a value is made of runs: %s', async (text) => {
  expect({ empties: await empties(text), said: await isSaid(text) }).toEqual({ empties: true, said: true });
});
