import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JudgingServer, startJudgingServer } from '../../../test/support/judging-server.ts';
import type { Catalog } from '../../core/catalog.ts';
import { initialState } from '../../core/interpretation.ts';
import { quoteIdentifier } from './functions/regclass.ts';
import { createPostgresInterpreter } from './interpreter.ts';

const interpreter = await createPostgresInterpreter();
let server: JudgingServer;
let client: Client;
let catalog: Catalog;

beforeAll(async () => {
  server = await startJudgingServer(`
    CREATE TABLE t (id serial, "Id" serial, "ID" int, i int GENERATED ALWAYS AS IDENTITY, p int, two serial); CREATE SEQUENCE free; CREATE SEQUENCE mine OWNED BY t.p; CREATE SEQUENCE second OWNED BY t.two;
    CREATE TABLE "Big" (id serial); CREATE SCHEMA z; CREATE TABLE z.t (id serial); CREATE TABLE z.only (id serial); CREATE TABLE kid () INHERITS (t); CREATE TABLE made (LIKE t INCLUDING ALL);
    CREATE TABLE uses (id int DEFAULT nextval('free')); CREATE VIEW v AS SELECT * FROM t; CREATE TABLE "a.b" (id serial); CREATE TABLE id (id serial); ALTER SEQUENCE z.only_id_seq RENAME TO "Only it's"`);
  ({ client, catalog } = server);
});
afterAll(async () => {
  await server.stop();
  await interpreter.close();
});

const tables = ["'t'", "'T'", "'\"T\"'", "'\"Big\"'", "'Big'", "'public.t'", "'z.t'", "'z.only'", "' public . t '", "'PUBLIC.\"t\"'", "'kid'", "'made'", "'uses'", "'v'", "'postgres.public.t'", "'other.public.t'", "'\"a.b\"'", "'a.b'", "'nope'", 'NULL', "''", "'t'::text", "'t'::regclass::text",
  "'t'::varchar(3)", "'pg_temp.t'", "'t'::name", "'t' || ''", "'U&\"t\"'", "'t.'", "'t;'"];
const columns = ["'id'", "'ID'", "'Id'", "'i'", "'p'", "'two'", "'\"id\"'", "' id'", "'nope'", 'NULL', "'ID'::regclass::text", "'id'::varchar(1)", "'id'::text"];

test.each(['public', 'z, public', 'public, z'])('the sequence of a column is the one that the server names, under the path %s', async (path) => {
  const state = { ...initialState, searchPath: path.split(', ') };
  await client.query(`SET search_path = ${path}`);
  let named = 0;
  for (const table of tables) {
    for (const column of columns) {
      const call = `pg_get_serial_sequence(${table}, ${column})`;
      const made = await interpreter.interpret(`SELECT nextval(${call})`, catalog, state);
      const said = made.statements[0]?.effects.filter(({ resource }) => resource.kind === 'sequence' && resource.path[0] !== '*').map(({ resource }) => resource.path.map(quoteIdentifier).join('.'));
      if (said === undefined || said.length === 0) continue;
      named++;
      const found = await client.query<{ oid: number | null; said: number | null }>(`SELECT ${call}::regclass::oid::int AS oid, $1::regclass::oid::int AS said`, [said[0]]).catch(() => undefined);
      // Where the server refuses nothing happens.
      expect({ call, said, same: found === undefined || found.rows[0]?.oid === found.rows[0]?.said }).toEqual({ call, said, same: true });
    }
  }
  expect(named).toBeGreaterThan(30);
});
