import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import { connect, servers } from '../../test/support/servers.ts';
import type { RelationInfo } from '../core/catalog.ts';
import { loadCatalog } from './load.ts';
import { formatSnapshot, parseSnapshot } from './snapshot-file.ts';
import { catalogOf } from './snapshot.ts';

/** Columns by number, as far as something is said of them; `f`: of what a function makes of it. */
function said(info: RelationInfo | undefined): string {
  return (info?.columns ?? []).flatMap(({ name, single }) => (single === undefined ? [] : `${name}${single.of === 'function' ? ' f' : ''}`)).join(', ');
}

const columns = 'a int, b text, c varchar(10), d date, e timestamptz, f boolean, j jsonb, n numeric, s smallint';

const checks: readonly (readonly [check: string, said: string])[] = [
  ['a = 1', 'a'], ['1 = a', 'a'], ["b = 'x'", 'b'], ["c = 'x'", 'c'], ["c::text = 'x'", 'c'], ['n = 1.5', 'n'], ['a = 1.0', 'a'], ["d = '2024-01-01'", 'd'], ['s = 1', 's'], ["b = 'x' COLLATE \"C\"", 'b'],
  ["b IN ('x')", 'b'], ["b IN ('x', 'x')", 'b'], ["b = ANY (ARRAY['x'])", 'b'], ["b = ANY ('{x}')", 'b'], ["c = ANY ('{x}')", 'c'], ["c IN ('x')", 'c'], ["b = ALL (ARRAY['x'])", 'b'], ["NOT b <> ANY (ARRAY['x'])", 'b'], ["NOT b <> ALL (ARRAY['x'])", 'b'], ["b = ANY ('{x,x}')", 'b'],
  ['a IS NOT DISTINCT FROM 4', 'a'], ['NOT a IS DISTINCT FROM 4', 'a'], ['NOT a <> 1', 'a'], ['NOT (a <> 1 OR s <> 2)', 'a, s'], ["a = 1 AND b = 'x' AND n > 0", 'a, b'], ['a = 1 OR a IS NULL', 'a'], ['a IS NULL', 'a'], ['a = 1 OR a = 1', 'a'], ['(a = 1) IS TRUE', 'a'], ['(a <> 1) IS NOT TRUE', 'a'], ['(a = 1) IS NOT FALSE', 'a'],
  ['a BETWEEN 5 AND 5', 'a'], ['a > 4 AND a < 6', 'a'], ['a >= 5 AND a < 6', 'a'], ["d >= '2024-01-01' AND d < '2024-01-02'", 'd'], ["b >= 'x' AND b <= 'x'", 'b'], ['a IN (1, 2) AND a < 2', 'a'], ["n BETWEEN 1.5 AND 1.5", 'n'],
  ["coalesce(b, 'x') = 'x'", 'b'], ['a + 1 = 2', 'a'], ['a::bigint = 1', 'a'], ["b = upper('x')", 'b'], ['a = s AND s = 2', 'a, s'], ['f', 'f'], ['NOT f', 'f'], ['f IS TRUE', 'f'], ['f = true', 'f'],
  ["lower(b) = 'x'", 'b f'], ["e::date = '2024-01-01'", 'e f'], ["date_trunc('month', e) = '2024-01-01'", 'e f'], ["j ->> 'kind' = 'x'", 'j f'], ['a % 2 = 1', 'a f'], ["e >= '2024-01-01' AND e < '2024-02-01'", 'e f'], ["d BETWEEN '2024-01-01' AND '2024-01-31'", 'd f'], ["left(b, 1) IN ('x')", 'b f'],
  ["b IN ('x', 'y')", ''], ["b = ANY ('{x,y}')", ''], ["c IN ('x', 'y')", ''], ['a > 0', ''], ['a > 4 AND a < 7', ''], ['a = 1 OR a = 2', ''], ["a = 1 OR b = 'x'", ''], ['a <> 1', ''], ['NOT a = 1', ''], ['a IS NOT NULL', ''], ['a = s', ''], ['length(b) > 3', ''], ['a = 1 OR f', ''], ["a IN (1, NULL)", ''], ['a = NULL', ''],
  ['b = current_user', ''], ["e >= '2024-01-01' AND e < '2024-03-01'", ''], ["a = ANY (ARRAY[1, NULL])", ''], ['a BETWEEN 1 AND 5 AND a <> 3', ''], ['a + s = 2', ''], ["lower(b) IN ('x', 'y')", ''], ['NOT (a = 1 AND s = 2)', ''], ['(a = 1) IS NOT NULL', ''], ["b = ANY ('{{x,y}}')", ''],
];

const tables = `
  CREATE TYPE lone AS ENUM ('only'); CREATE TYPE two AS ENUM ('a', 'b');
  CREATE DOMAIN one_text AS text CHECK (VALUE = 'x'); CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN inner_lone AS lone; CREATE DOMAIN short AS varchar(10) CHECK (lower(VALUE) = 'x');
  CREATE TABLE made (a int, b text, g int GENERATED ALWAYS AS (7) STORED, h text GENERATED ALWAYS AS (lower(b)) STORED, i int GENERATED ALWAYS AS (a + 1) STORED, CHECK (a = 3));
  CREATE TABLE listed (k text, v int, w int) PARTITION BY LIST (k);
  CREATE TABLE listed_x PARTITION OF listed FOR VALUES IN ('x', NULL);
  CREATE TABLE listed_yz PARTITION OF listed FOR VALUES IN ('y', 'z') PARTITION BY RANGE (v);
  CREATE TABLE listed_yz_1 PARTITION OF listed_yz FOR VALUES FROM (1) TO (2);
  CREATE TABLE listed_yz_9 PARTITION OF listed_yz FOR VALUES FROM (2) TO (9);
  CREATE TABLE listed_else PARTITION OF listed DEFAULT;
  CREATE TABLE ranged (pad int, dropped int, a int, d date, e timestamptz) PARTITION BY RANGE (a, d);
  ALTER TABLE ranged DROP COLUMN dropped;
  CREATE TABLE ranged_1 PARTITION OF ranged FOR VALUES FROM (1, MINVALUE) TO (1, '2024-01-05');
  CREATE TABLE ranged_2 PARTITION OF ranged FOR VALUES FROM (2, '2024-01-05') TO (2, '2024-01-06');
  CREATE TABLE ranged_3 PARTITION OF ranged FOR VALUES FROM (3, MINVALUE) TO (4, MINVALUE);
  CREATE TABLE ranged_4 PARTITION OF ranged FOR VALUES FROM (4, MINVALUE) TO (5, '2024-01-05');
  CREATE TABLE ranged_6 (e timestamptz, d date, a int, pad int);
  ALTER TABLE ranged ATTACH PARTITION ranged_6 FOR VALUES FROM (5, MAXVALUE) TO (6, '2024-01-05');
  CREATE TABLE monthly (id int, e timestamptz) PARTITION BY RANGE (e);
  CREATE TABLE monthly_1 PARTITION OF monthly FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
  CREATE TABLE hashed (id int) PARTITION BY HASH (id);
  CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 1, REMAINDER 0);
  CREATE TABLE by_length (k text, v text) PARTITION BY LIST (lower(v));
  CREATE TABLE by_length_x PARTITION OF by_length FOR VALUES IN ('x');
  CREATE TABLE heir () INHERITS (made);`;

const expected: readonly (readonly [table: string, said: string])[] = [
  ['made', 'a, g, i'], ['heir', 'a, g, i'], ['listed', ''], ['listed_x', 'k'], ['listed_yz', ''], ['listed_yz_1', 'v'], ['listed_yz_9', ''], ['listed_else', ''],
  ['ranged', ''], ['ranged_1', 'a'], ['ranged_2', 'a, d'], ['ranged_3', 'a'], ['ranged_4', ''], ['ranged_6', 'a'], ['monthly_1', 'e f'], ['hashed_0', ''], ['by_length_x', 'v f'],
];

describe.each(servers)('columns with one value, $name', ({ options }) => {
  let server: PostgresServer;
  let client: Client;
  beforeAll(async () => {
    server = await startPostgres(options);
    client = await connect(server.connectionString('postgres'));
    await client.query(`${tables}${checks.map(([check], n) => `CREATE TABLE checked_${n} (${columns}, CHECK (${check}))`).join(';')}`);
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  test('are found by what is written for their tables and types', async () => {
    const { snapshot } = await loadCatalog(client);
    const catalog = catalogOf(snapshot);
    const of = (name: string): RelationInfo | undefined => catalog.relation({ schema: 'public', name }, []);
    expect(checks.map(([check], n) => [check, said(of(`checked_${n}`))])).toEqual(checks);
    expect(expected.map(([name]) => [name, said(of(name))])).toEqual(expected);
    expect(snapshot.types.filter(({ kind }) => kind !== 'composite').map(({ name, base, single }) => [name, base, single?.of])).toEqual([
      ['lone', undefined, 'column'], ['two', undefined, undefined], ['one_text', 'text', 'column'], ['positive', 'integer', undefined], ['inner_lone', 'public.lone', undefined], ['short', 'character varying', 'function'],
    ]);
    expect(of('listed_yz_1')?.partitionOf).toBe(of('listed_yz')?.oid);
    expect(of('heir')?.partitionOf).toBeUndefined();
    expect(await parseSnapshot(formatSnapshot(snapshot))).toEqual(snapshot);
  });

  test.each([
    ['a check', 'ALTER TABLE listed ADD CONSTRAINT late CHECK (w = 1) NOT VALID', 'listed', 'w'],
    ['a check of a parent', 'SELECT 1', 'listed_x', 'k, w'],
    ['its end', 'ALTER TABLE listed DROP CONSTRAINT late', 'listed_x', 'k'],
    ['a partition that leaves', 'ALTER TABLE listed DETACH PARTITION listed_x', 'listed_x', ''],
    ['a partition that comes', "ALTER TABLE listed ATTACH PARTITION listed_x FOR VALUES IN ('q')", 'listed_x', 'k'],
    ['a column with another name', 'ALTER TABLE listed RENAME k TO kk', 'listed_x', 'kk'],
  ])('%s that comes later is seen', async (_what, sql, name, line) => {
    const before = await loadCatalog(client);
    await client.query(sql);
    expect(said(catalogOf((await loadCatalog(client, before)).snapshot).relation({ schema: 'public', name }, []))).toBe(line);
  });

  test.each([
    ['ALTER DOMAIN positive ADD CONSTRAINT five CHECK (VALUE = 5) NOT VALID', 'positive', true], ['ALTER DOMAIN positive VALIDATE CONSTRAINT five', 'positive', true], ['ALTER DOMAIN positive DROP CONSTRAINT five', 'positive', false],
    ["ALTER TYPE lone ADD VALUE 'second'", 'lone', false],
  ])('%s', async (sql, name, single) => {
    const before = await loadCatalog(client);
    await client.query(sql);
    expect((await loadCatalog(client, before)).snapshot.types.find((type) => type.name === name)?.single !== undefined).toBe(single);
  });
});
