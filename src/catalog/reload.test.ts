import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import { connect } from '../../test/support/servers.ts';
import { loadCatalog, type Loaded } from './load.ts';

let server: PostgresServer;
let admin: Client;
let reader: Client;
/** Statements that the loader sent since they were last looked at. */
let sent: string[] = [];

beforeAll(async () => {
  server = await startPostgres({ settings: { autovacuum: 'off' } });
  admin = await connect(server.connectionString());
  await admin.query(`
    CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('calm'); CREATE FUNCTION s.f(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
    DO $$ BEGIN FOR i IN 1..100 LOOP EXECUTE format('CREATE TABLE s.t%s (id serial PRIMARY KEY, a text DEFAULT now()::text, CHECK (s.f(id)))', i); END LOOP; END $$;
    CREATE TABLE s.main (id int PRIMARY KEY); CREATE TABLE s.part (id int REFERENCES s.main, mood s.mood); CREATE VIEW s.v AS SELECT id FROM s.main`);
  reader = await connect(server.connectionString());
  const query = reader.query.bind(reader) as (asked: unknown) => Promise<unknown>; // pg's overloads; the loader uses these two forms
  Object.assign(reader, { query: (asked: string | { text: string }) => { sent.push(typeof asked === 'string' ? asked : asked.text); return query(asked); } });
});
afterAll(async () => {
  await reader.end();
  await admin.end();
  await server.stop();
});

/** What was other before, by name. */
function changed(before: Loaded, after: Loaded): readonly string[] {
  const known = new Set<unknown>([...before.snapshot.relations, ...before.snapshot.functions]);
  return [...after.snapshot.relations, ...after.snapshot.functions].filter((object) => !known.has(object)).map(({ schema, name }) => `${schema}.${name}`).toSorted();
}

test.each([
  ['CREATE TABLE s.fresh (id int)', ['s.fresh']],
  ['CREATE TABLE s.more (id int REFERENCES s.main)', ['s.main', 's.more']],
  ['ALTER TABLE s.part RENAME TO parts', ['s.main', 's.parts']],
  ['ALTER TABLE s.parts RENAME id TO other', ['s.main', 's.parts']],
  ['ALTER TABLE s.t1 ADD COLUMN b int', ['s.t1']],
  ['ALTER TYPE s.mood RENAME TO humour', ['s.parts']],
  ['ALTER TABLE s.main RENAME id TO key', ['s.main', 's.v']],
  ['CREATE OR REPLACE VIEW s.v AS SELECT key AS id FROM s.main WHERE key > 0', ['s.v']],
  ['ALTER FUNCTION s.f(int) VOLATILE', ['s.f']],
  ['CREATE OPERATOR s.<#> (leftarg = int, rightarg = int, function = int4eq)', []],
  ['CREATE SCHEMA another', []],
  ['GRANT SELECT ON s.t1 TO public', []],
])('%s changes no other object', async (sql, names) => {
  const before = await loadCatalog(reader);
  await admin.query(sql);
  sent = [];
  const after = await loadCatalog(reader, before);
  expect(changed(before, after)).toEqual(names);
  // Whatever was asked of relations was asked of few: those of a bucket or two, and of one more that they speak of.
  const asked = sent.flatMap((text) => Array.from(text.matchAll(/= ANY \('\{([\d,]*)\}'::oid\[\]\)/g), ([, oids = '']) => oids.split(',').length));
  expect(Math.max(0, ...asked)).toBeLessThan(150);
  expect(sent.join('')).not.toContain('a.attnum = d.adnum WHERE true');
  expect(after.snapshot).toEqual((await loadCatalog(reader)).snapshot);
});

test('what was loaded is not changed by what is loaded after it', async () => {
  const before = await loadCatalog(reader);
  const said = JSON.stringify(before.snapshot);
  await admin.query('ALTER TABLE s.t2 RENAME TO t2b; CREATE TABLE s.child () INHERITS (s.t3); ALTER SCHEMA s RENAME TO r');
  const after = await loadCatalog(reader, before);
  expect(JSON.stringify(before.snapshot)).toBe(said);
  // Twice from the same, which a source does after a failure.
  expect((await loadCatalog(reader, before)).snapshot).toEqual(after.snapshot);
  expect((await loadCatalog(reader)).snapshot).toEqual(after.snapshot);
});

test('nothing but the total is asked where nothing is expected', async () => {
  const before = await loadCatalog(reader);
  await admin.query('CREATE TEMPORARY TABLE passing (id int); DROP TABLE passing');
  sent = [];
  expect((await loadCatalog(reader, before, { quiet: true })).snapshot).toBe(before.snapshot);
  expect(sent.some((text) => text.includes('GROUP BY bucket'))).toBe(false);
  await admin.query('CREATE TABLE public.seen (id int)');
  expect(changed(before, await loadCatalog(reader, before, { quiet: true }))).toEqual(['public.seen']);
});
