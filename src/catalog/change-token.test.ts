import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import { commitToken } from './change-token.ts';
import { loadCatalog, readChangeToken } from './load.ts';
import { connect, servers, value } from '../../test/support/servers.ts';

const setUp = `
  CREATE SCHEMA s; CREATE ROLE reader LOGIN PASSWORD 'reader'; CREATE ROLE grouped; GRANT USAGE ON SCHEMA s TO reader;
  CREATE TYPE s.mood AS ENUM ('calm'); CREATE DOMAIN s.mail AS text;
  CREATE TABLE s.t (id int PRIMARY KEY, ssn text, note text, mood s.mood, mail s.mail);
  CREATE TABLE s.other (id int REFERENCES s.t, v int, w int);
  CREATE TABLE s.parts (k int) PARTITION BY LIST (k); CREATE TABLE s.part_1 PARTITION OF s.parts FOR VALUES IN (1);
  CREATE TABLE s.part_2 (k int); CREATE TABLE s.heir () INHERITS (s.t);
  CREATE VIEW s.v AS SELECT id FROM s.t; CREATE MATERIALIZED VIEW s.m AS SELECT id FROM s.t; CREATE SEQUENCE s.q;
  CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION s.tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
  CREATE TRIGGER tr AFTER INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.tf();
  CREATE RULE r AS ON DELETE TO s.other DO ALSO SELECT 1`;

/** One after the other; each is a change that somebody can make behind the gate's back. */
const changes = [
  // The swap that shows one column's values under the other's name.
  'ALTER TABLE s.t RENAME ssn TO swap', 'ALTER TABLE s.t RENAME note TO ssn', 'ALTER TABLE s.t RENAME swap TO note',
  'ALTER TABLE s.t ADD COLUMN extra int', 'ALTER TABLE s.t DROP COLUMN extra', 'ALTER TABLE s.t ALTER note TYPE varchar(40)',
  'ALTER TABLE s.other RENAME TO another', 'CREATE TABLE s.other (id int)', 'DROP TABLE s.other', 'ALTER TABLE s.another RENAME TO other', 'ALTER TABLE s.other SET SCHEMA public', 'ALTER TABLE public.other SET SCHEMA s',
  'BEGIN; DROP TABLE s.part_2; CREATE TABLE s.part_2 (k int); COMMIT',
  'CREATE UNIQUE INDEX u ON s.other (v)', 'ALTER INDEX s.u RENAME TO u2', 'DROP INDEX s.u2', 'ALTER TABLE s.other ADD CONSTRAINT vu UNIQUE (v)', 'ALTER TABLE s.other DROP CONSTRAINT vu',
  'ALTER TABLE s.other DROP CONSTRAINT other_id_fkey', 'ALTER TABLE s.other ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES s.t ON DELETE CASCADE', 'ALTER TABLE s.other RENAME CONSTRAINT fk TO fk2',
  'ALTER TABLE s.parts ATTACH PARTITION s.part_2 FOR VALUES IN (2)', 'ALTER TABLE s.parts DETACH PARTITION s.part_2', 'ALTER TABLE s.heir NO INHERIT s.t', 'ALTER TABLE s.heir INHERIT s.t',
  'CREATE OR REPLACE VIEW s.v AS SELECT id + 1 AS id FROM s.t', 'ALTER VIEW s.v RENAME TO v2', 'DROP VIEW s.v2', 'ALTER MATERIALIZED VIEW s.m RENAME TO m2', 'ALTER SEQUENCE s.q RENAME TO q2', 'DROP SEQUENCE s.q2',
  "CREATE OR REPLACE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 2'", 'ALTER FUNCTION s.f() SECURITY DEFINER', 'ALTER FUNCTION s.f() SET search_path = public', 'ALTER FUNCTION s.f() RENAME TO g', 'DROP FUNCTION s.g()',
  'ALTER TABLE s.t DISABLE TRIGGER tr', 'ALTER TABLE s.t ENABLE ALWAYS TRIGGER tr', 'ALTER TRIGGER tr ON s.t RENAME TO tr2', 'DROP TRIGGER tr2 ON s.t',
  'CREATE OR REPLACE RULE r AS ON DELETE TO s.other DO INSTEAD NOTHING', 'ALTER TABLE s.other DISABLE RULE r', 'ALTER TABLE s.other ENABLE RULE r', 'DROP RULE r ON s.other',
  'ALTER TABLE s.t ENABLE ROW LEVEL SECURITY',
  'ALTER TYPE s.mood RENAME TO humour', 'ALTER DOMAIN s.mail RENAME TO address',
  'ALTER SCHEMA s RENAME TO s2', 'ALTER SCHEMA s2 RENAME TO s', 'REVOKE USAGE ON SCHEMA s FROM reader', 'GRANT USAGE ON SCHEMA s TO grouped; GRANT grouped TO reader', 'REVOKE grouped FROM reader', 'DROP SCHEMA s CASCADE',
];

/** What happens all day, and must not make anybody read a large catalog again. */
const noChanges = [
  'INSERT INTO s.t (id) VALUES (1); UPDATE s.t SET note = 1; DELETE FROM s.t', 'VACUUM s.t', 'ANALYZE', 'VACUUM pg_catalog.pg_class', 'VACUUM (FREEZE) pg_catalog.pg_attribute',
  'CREATE TEMPORARY TABLE passing (id serial PRIMARY KEY, v s.mood, c text CHECK (c > 1::text))', 'DROP TABLE passing', 'BEGIN; ALTER TABLE s.t ADD COLUMN never int; ROLLBACK',
];

describe.each(servers)('on $name', ({ options }) => {
  let server: PostgresServer;
  let admin: Client;
  let reader: Client;
  beforeAll(async () => {
    server = await startPostgres({ ...options, settings: { autovacuum: 'off' } });
    admin = await connect(server.connectionString());
    await admin.query(setUp);
    reader = await connect(server.connectionString().replace(/postgres:[^@]+@/, 'reader:reader@'));
  });
  afterAll(async () => {
    await reader.end();
    await admin.end();
    await server.stop();
  });

  test.each(noChanges)('stays: %s', async (sql) => {
    const before = await readChangeToken(reader);
    await admin.query(sql);
    expect(await readChangeToken(reader)).toBe(before);
  });

  test('while nothing is committed the cheap token stays as well', async () => {
    const before = await commitToken(reader);
    await reader.query('SELECT count(*) FROM pg_catalog.pg_class');
    expect(await commitToken(reader)).toBe(before);
    await admin.query('CREATE SCHEMA passing; DROP SCHEMA passing');
    expect(await commitToken(reader)).not.toBe(before);
  });

  test('a transaction that is older than the newest change, and commits after it, is seen', async () => {
    const older = await connect(server.connectionString());
    await older.query('BEGIN; ALTER TABLE s.other RENAME w TO x');
    await admin.query('ALTER TABLE s.t RENAME note TO later; ALTER TABLE s.t RENAME later TO note');
    const before = [await readChangeToken(reader), await commitToken(reader)];
    await older.query('COMMIT');
    const after = [await readChangeToken(reader), await commitToken(reader)];
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    await older.end();
  });

  test('two transactions whose numbers add up to those of what they replace are seen', async () => {
    const [first, second] = [await connect(server.connectionString()), await connect(server.connectionString())];
    await admin.query('CREATE TABLE s.low (a int); CREATE TABLE s.high (a int)');
    await admin.query('ALTER TABLE s.low RENAME a TO b'); // by n
    await first.query('BEGIN; SELECT txid_current()'); // n + 1
    await second.query('BEGIN; SELECT txid_current()'); // n + 2
    await admin.query('ALTER TABLE s.high RENAME a TO b'); // by n + 3
    const before = await readChangeToken(reader);
    const numbers = `SELECT array_agg(xmin::text::int8 ORDER BY attrelid)::text FROM pg_attribute WHERE attrelid IN ('s.low'::regclass, 's.high'::regclass) AND attnum = 1`;
    const sum = async (): Promise<unknown> => value(admin, `SELECT sum(n)::int FROM unnest((${numbers})::int8[]) AS u (n)`);
    const added = await sum();
    await first.query('ALTER TABLE s.low RENAME b TO c; COMMIT');
    await second.query('ALTER TABLE s.high RENAME b TO c; COMMIT');
    expect(await sum()).toBe(added);
    expect(await readChangeToken(reader)).not.toBe(before);
    await first.end();
    await second.end();
    await admin.query('DROP TABLE s.low, s.high');
  });

  test.each(changes)('moves, with the cheap token and the content: %s', async (sql) => {
    const before = await loadCatalog(reader);
    await admin.query(sql);
    const after = await loadCatalog(reader);
    expect(after.changeToken).not.toBe(before.changeToken);
    expect(after.commitToken).not.toBe(before.commitToken);
    expect(after.snapshot.version).not.toBe(before.snapshot.version);
  });
});
