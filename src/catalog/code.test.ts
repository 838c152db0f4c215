import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Called, CatalogSnapshot } from '../core/catalog.ts';
import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import { connect, servers } from '../../test/support/servers.ts';
import { loadCatalog } from './load.ts';
import { formatSnapshot, parseSnapshot } from './snapshot-file.ts';

const schema = `
  CREATE SCHEMA own;
  CREATE FUNCTION own.f(anyelement) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
  CREATE FUNCTION own.g() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
  CREATE FUNCTION own.h(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
  CREATE FUNCTION own.g2(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
  CREATE FUNCTION own.tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
  CREATE FUNCTION own.ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE DOMAIN own.checked AS int CHECK (own.f(VALUE));
  CREATE DOMAIN own.twice AS own.checked DEFAULT own.g();
  CREATE DOMAIN own.alone AS text;
  CREATE TYPE own.pair AS (a own.twice[], b text);
  CREATE TYPE own.mood AS ENUM ('well', 'ill');
  CREATE OPERATOR own.<<>> (leftarg = int, rightarg = int, function = own.h);
  CREATE OPERATOR own.!!! (rightarg = int, function = abs);
  CREATE FUNCTION own.to_mood(int) RETURNS own.mood LANGUAGE sql AS 'SELECT ''well''::own.mood';
  CREATE CAST (int AS own.mood) WITH FUNCTION own.to_mood(int) AS ASSIGNMENT;
  CREATE FUNCTION own.step(int, int) RETURNS int LANGUAGE sql AS 'SELECT 1::own.twice';
  CREATE AGGREGATE own.most(int) (sfunc = own.step, stype = int, combinefunc = int4larger);
  CREATE TABLE own.members (id int PRIMARY KEY, of text);
  CREATE TABLE own.all_ways (
    id int GENERATED ALWAYS AS IDENTITY, n int DEFAULT own.g() + 1, s serial, at timestamptz DEFAULT now(), d own.checked, p own.pair, m own.mood,
    doubled boolean GENERATED ALWAYS AS (own.f(n)) STORED, CONSTRAINT small CHECK (n OPERATOR(own.<<>>) 5 AND s > 0), CONSTRAINT cast_in CHECK ((n::own.checked)::int > 0));
  CREATE INDEX by_f ON own.all_ways ((own.f(n)));
  CREATE INDEX by_size ON own.all_ways (n) WHERE abs(n) > 3;
  CREATE TRIGGER watched AFTER UPDATE ON own.all_ways FOR EACH ROW WHEN (own.f(OLD.n)) EXECUTE FUNCTION own.tr();
  CREATE POLICY mine ON own.all_ways FOR SELECT USING (EXISTS (SELECT FROM own.members AS ":relid 1" WHERE own.h(":relid 1".id, n)));
  CREATE POLICY everyone ON own.members USING (own.f(id));
  ALTER TABLE own.all_ways ENABLE ROW LEVEL SECURITY;
  CREATE TABLE own.parts (id int, k int) PARTITION BY RANGE ((own.g2(k)));
  CREATE FUNCTION own.with_default(a int DEFAULT own.g(), OUT b own.twice, VARIADIC c own.mood[] DEFAULT '{}') LANGUAGE sql AS 'SELECT 1::own.twice';
  CREATE TYPE own.ranked AS (n int);
  CREATE FUNCTION own.rank_less(own.ranked, own.ranked) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
  CREATE FUNCTION own.rank_compare(own.ranked, own.ranked) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
  CREATE OPERATOR own.<<< (leftarg = own.ranked, rightarg = own.ranked, function = own.rank_less);
  CREATE OPERATOR CLASS own.rank_ops DEFAULT FOR TYPE own.ranked USING btree AS OPERATOR 1 own.<<<, FUNCTION 1 own.rank_compare(own.ranked, own.ranked);
  CREATE EVENT TRIGGER own_ddl ON ddl_command_end WHEN TAG IN ('DROP TABLE', 'CREATE TABLE') EXECUTE FUNCTION own.ev();
`;

function nameOf(list: readonly { readonly oid: number; readonly name: string }[], oid: number): string {
  return list.find((one) => one.oid === oid)?.name ?? '?';
}

function own<T extends { readonly schema: string }>(list: readonly T[]): readonly T[] {
  return list.filter(({ schema }) => schema === 'own');
}

function dump(snapshot: CatalogSnapshot): string {
  const calls = ({ functions, builtins, types }: Called): string => [
    ...functions.map((oid) => nameOf(snapshot.functions, oid)), ...builtins.map((name) => `pg_catalog.${name}`), ...types.map((oid) => `type ${nameOf(snapshot.types, oid)}`)].join(', ');
  return [
    ...own(snapshot.relations).flatMap((relation) => relation.code.map((code) => `${relation.name}: ${code.kind} ${code.name} on ${code.events.join(', ')} calls ${calls(code)}${code.reads.map(({ relation, columns }) => ` reads ${nameOf(snapshot.relations, relation)} (${columns.join(', ')})`).join('')}`)),
    ...own(snapshot.types).map((type) => `${type.kind} ${type.written} calls ${calls(type)}${type.compares.length === 0 ? '' : ` compares by ${type.compares.map((oid) => nameOf(snapshot.functions, oid)).join(', ')}`}`),
    ...own(snapshot.operators).map((operator) => `operator ${operator.left ?? ''} ${operator.name} ${operator.right ?? ''} calls ${calls(operator.calls)}`),
    ...own(snapshot.operatorClasses).map((one) => `operator class ${one.name} calls ${calls(one.calls)}`),
    ...snapshot.casts.map((cast) => `cast ${cast.source} to ${cast.target} ${cast.context} calls ${calls(cast.calls)}`),
    ...own(snapshot.functions).flatMap((fn) => (fn.calls === undefined ? [] : `${fn.kind} ${fn.name} calls ${calls(fn.calls)}`)),
    ...snapshot.eventTriggers.map((trigger) => `event trigger ${trigger.name} on ${trigger.event} ${trigger.tags.join(', ')} calls ${nameOf(snapshot.functions, trigger.function)}`),
  ].map((line) => `${line.trimEnd()}\n`).join('');
}

describe.each(servers)('code that runs by itself, $name', ({ options }) => {
  let server: PostgresServer;
  let admin: Client;
  beforeAll(async () => {
    server = await startPostgres(options);
    admin = await connect(server.connectionString('postgres'));
    await admin.query(schema);
    // Statistics on expressions came with PostgreSQL 14.
    if (Number.parseInt(server.version) >= 14) await admin.query('CREATE STATISTICS own.counted ON (own.f(n)), (abs(n)) FROM own.all_ways');
  });
  afterAll(async () => {
    await admin.end();
    await server.stop();
  });

  test('is found with what it calls', async () => {
    const { snapshot } = await loadCatalog(admin);
    const golden = join(import.meta.dirname, 'testdata/code.catalog');
    const lines = (await readFile(golden, 'utf8')).split('\n');
    if (Number.parseInt(server.version) < 14) expect(dump(snapshot).split('\n')).toEqual(lines.filter((line) => !line.includes(': statistics ')));
    else await expect(dump(snapshot)).toMatchFileSnapshot(golden);
    expect(await parseSnapshot(formatSnapshot(snapshot))).toEqual(snapshot);
  });

  test.each([
    ['a default', 'ALTER TABLE own.members ALTER of SET DEFAULT own.g()::text', 'members: default of'],
    ['a check', 'ALTER TABLE own.members ADD CONSTRAINT odd CHECK (own.f(id))', 'members: check odd'],
    ['a policy', 'ALTER TABLE own.members ENABLE ROW LEVEL SECURITY', 'members: policy everyone'],
    ['a cast', 'CREATE CAST (bigint AS own.mood) WITH FUNCTION own.to_mood(bigint)', 'cast bigint to own.mood explicit'],
    ['a check of a domain', 'ALTER DOMAIN own.alone ADD CHECK (own.f(VALUE))', 'domain own.alone calls f'],
    ['a name', 'ALTER INDEX own.by_size RENAME TO renamed', 'index renamed'],
  ])('%s that comes later is seen', async (_what, sql, line) => {
    if (sql.includes('to_mood(bigint)')) await admin.query(`CREATE FUNCTION own.to_mood(bigint) RETURNS own.mood LANGUAGE sql AS 'SELECT ''well''::own.mood'`);
    const before = await loadCatalog(admin);
    expect(dump(before.snapshot)).not.toContain(line);
    await admin.query(sql);
    expect(dump((await loadCatalog(admin, before)).snapshot)).toContain(line);
  });
});
