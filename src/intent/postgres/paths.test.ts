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

// Two tables of one name, of which the path says which is meant.
beforeAll(async () => {
  server = await startJudgingServer(`
    CREATE SCHEMA early; CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE early.t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 3); INSERT INTO early.t SELECT generate_series(1, 3);
    CREATE FUNCTION sets() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', 'early', false); RETURN 1; END $$;
    CREATE FUNCTION own_sets() RETURNS void LANGUAGE plpgsql SET search_path = public AS $$ BEGIN SET search_path = early; DELETE FROM t WHERE id = 1; END $$;
    CREATE FUNCTION own_calls() RETURNS void LANGUAGE plpgsql SET search_path = public AS $$ BEGIN PERFORM sets(); DELETE FROM t WHERE id = 1; END $$;
    CREATE FUNCTION own_in_sql() RETURNS void LANGUAGE sql SET search_path = public AS $$ SELECT sets(); DELETE FROM t WHERE id = 1 $$`);
  ({ client, catalog } = server);
});
afterAll(async () => {
  await server.stop();
  await interpreter.close();
});

test.each([
  'DO $$ BEGIN SET search_path = early; DELETE FROM t WHERE id = 1; END $$', 'DO $$ BEGIN DELETE FROM t WHERE id = 1; SET search_path = early; END $$', 'DO $$ BEGIN IF false THEN SET search_path = early; END IF; DELETE FROM t WHERE id = 1; END $$',
  "DO $$ BEGIN BEGIN SET search_path = early; RAISE 'x'; EXCEPTION WHEN OTHERS THEN NULL; END; DELETE FROM t WHERE id = 1; END $$", "DO $$ BEGIN SET search_path = early; RAISE 'x'; EXCEPTION WHEN OTHERS THEN DELETE FROM t WHERE id = 1; END $$",
  'DO $$ BEGIN FOR i IN 1..2 LOOP DELETE FROM t WHERE id = i; SET search_path = early; END LOOP; END $$', 'DO $$ BEGIN FOR i IN 1..0 LOOP SET search_path = early; END LOOP; DELETE FROM t WHERE id = 1; END $$',
  'DO $$ BEGIN <<b>> BEGIN EXIT b; SET search_path = early; END; DELETE FROM t WHERE id = 1; END $$', "DO $$ BEGIN EXECUTE 'DELETE FROM t WHERE id = 1'; SET search_path = early; END $$", "DO $$ BEGIN EXECUTE 'SET search_path = early'; DELETE FROM t WHERE id = 1; END $$",
  'DO $$ BEGIN CASE WHEN true THEN NULL; ELSE SET search_path = early; END CASE; DELETE FROM t WHERE id = 1; END $$', 'DO $$ BEGIN IF false THEN PERFORM sets(); END IF; DELETE FROM t WHERE id = 1; END $$', 'SELECT own_sets()', 'SELECT own_calls()', 'SELECT own_in_sql()',
])('a body changes what it is said to change, under whichever path it runs: %s', async (text) => {
  const made = await interpreter.interpret(text, catalog, { ...initialState, searchPath: ['public'], history: { start: ['public'], begin: { path: ['public'], own: new Set(), changes: new Set(), changed: 'no' } } });
  const effects = made.statements.flatMap((statement) => statement.effects);
  await client.query('BEGIN; SET LOCAL search_path = public');
  try {
    await client.query(text);
    for (const table of ['public.t', 'early.t']) {
      const isChanged = await value(client, `SELECT count(*)::int FROM ${table}`) !== 3;
      const isSaid = effects.some(({ verb, resource }) => verb === 'opaque' || (verb === 'delete' && resource.path.join('.') === table));
      expect({ table, missed: isChanged && !isSaid }).toEqual({ table, missed: false });
    }
  } finally {
    await client.query('ROLLBACK');
  }
});

test('what surely runs first says what is meant', async () => {
  const made = await interpreter.interpret('DO $$ BEGIN SET LOCAL search_path = early; DELETE FROM t WHERE id = 1; END $$', catalog, { ...initialState, searchPath: ['public'], history: { start: ['public'], begin: { path: ['public'], own: new Set(), changes: new Set(), changed: 'no' } } });
  expect(made.statements[0]?.effects.map(({ verb, resource }) => `${verb} ${resource.path.join('.')}`)).toEqual(['delete early.t', 'read early.t']);
});
