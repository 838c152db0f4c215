import * as fc from 'fast-check';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JudgingServer, startJudgingServer } from '../../../test/support/judging-server.ts';
import { value } from '../../../test/support/servers.ts';
import type { Catalog } from '../../core/catalog.ts';
import type { Effect, Extent } from '../../core/effect.ts';
import { initialState } from '../../core/interpretation.ts';
import { createPostgresInterpreter } from './interpreter.ts';
import { shapeKey } from './shape-key.ts';

/** More than any count of rows that counts as bounded. */
const rows = 2500;
/** Statements tried in one run; the server answers each in about a millisecond. */
const runs = Number(process.env['EXTENT_RUNS'] ?? 1500);

const interpreter = await createPostgresInterpreter();
let server: JudgingServer;
let client: Client;
let catalog: Catalog;

// An age bounds where a table has rows of every age (ARCHITECTURE, "Where it ends, today"), so this one has.
beforeAll(async () => {
  server = await startJudgingServer(`
    CREATE TABLE wide (id int PRIMARY KEY, code text NOT NULL UNIQUE, at timestamptz NOT NULL, kind int NOT NULL, flag boolean, note text, a int, b int, UNIQUE (a, b));
    INSERT INTO wide SELECT n, 'c' || n, now() - interval '15 years' + n * interval '3 days', n % 7, n % 2 = 0, CASE WHEN n % 3 = 0 THEN 'n' || n END, n / 50, n % 50 FROM generate_series(1, ${rows}) n;
    CREATE TABLE few (id int PRIMARY KEY, kind int);
    CREATE VIEW made AS SELECT w.id, w.code AS note, 1 AS kind, left(w.code, 1) AS code, w.flag::int AS a, w.kind + 0 AS b, w.at, w.flag FROM wide w;
    CREATE VIEW crossed AS SELECT w.id, f.id AS kind, f.kind AS a FROM wide w CROSS JOIN few f;
    CREATE VIEW met AS SELECT w.id, f.id AS kind, f.kind AS a FROM wide w JOIN few f ON f.id = w.id;
    CREATE VIEW many AS SELECT f.id AS kind, generate_series(1, 2500) AS id FROM few f;
    INSERT INTO few VALUES (1, 1), (2, 2), (3, 3);
    CREATE TYPE lone AS ENUM ('only'); CREATE DOMAIN code AS text CHECK (VALUE = 'x'); CREATE DOMAIN lonely AS lone;
    CREATE TABLE same (id int, kind text, n int, low text CHECK (lower(low) = 'x'), day timestamptz, year date CHECK (year BETWEEN '2024-01-01' AND '2024-01-31'), lone lone, lonely lonely, code code, gen int GENERATED ALWAYS AS (7) STORED,
      sum int GENERATED ALWAYS AS (n + 1) STORED, half int CHECK (half = 5 OR half IS NULL), list text CHECK (list = ANY ('{x}')), PRIMARY KEY (id, n, day, kind), CHECK (kind = 'x' AND n > 4 AND n < 6)) PARTITION BY LIST (kind);
    CREATE TABLE same_x PARTITION OF same FOR VALUES IN ('x') PARTITION BY RANGE (day);
    CREATE TABLE same_day PARTITION OF same_x FOR VALUES FROM ('2024-01-05Z') TO ('2024-01-06Z');
    CREATE TABLE parts (id int, kind text, n int, low text, day timestamptz, year date, PRIMARY KEY (id, n, day, kind)) PARTITION BY LIST (kind);
    CREATE TABLE parts_x PARTITION OF parts FOR VALUES IN ('x') PARTITION BY RANGE (n, day);
    CREATE TABLE parts_day PARTITION OF parts_x FOR VALUES FROM (5, '2024-01-05Z') TO (5, '2024-01-06Z');
    CREATE VIEW shown AS SELECT * FROM same;
    INSERT INTO same (id, kind, n, low, day, year, lone, lonely, code, half, list)
      SELECT i, 'x', 5, CASE WHEN i % 2 = 0 THEN 'x' ELSE 'X' END, '2024-01-05 12:00Z'::timestamptz + i * interval '1 second', date '2024-01-01' + i % 31, 'only', 'only', 'x', 5, 'x' FROM generate_series(1, ${rows}) i;
    INSERT INTO parts SELECT i, 'x', 5, 'x' || i, '2024-01-05 12:00Z'::timestamptz + i * interval '1 second', date '2020-01-01' + i FROM generate_series(1, ${rows}) i;
    SET timezone = 'UTC'`);
  ({ client, catalog } = server);
});
afterAll(async () => {
  await server.stop();
  await interpreter.close();
});

const number = fc.constantFrom('0', '1', '2', '7', '42', '2400', '100000', '-5');
const text = fc.constantFrom("''", "'c7'", "'c'", "'%'", "'c%'", "'%7%'", "'c24%'", "'_%'", "'true'");
const moment = fc.constantFrom("'2010-01-05'", "'2015-06-01'", "'2015-06-20'", "'2024-01-01'", "'2090-01-01'", 'now()', "now() - interval '30 days'", "now() - interval '1 year'", 'current_date');
const numberColumn = fc.constantFrom('id', 'wide.id', 'kind', 'a', 'b', 'id + 0', 'id % 7', 'coalesce(a, id)', 'abs(id)');
const textColumn = fc.constantFrom('code', 'note', 'lower(code)', 'code::varchar(1)', 'left(code, 1)', 'code || note', "coalesce(note, 'x')", 'id::text', "translate(code, '0123456789', '')");
const comparison = fc.constantFrom('=', '<>', '<', '>', '<=', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM');
const numbers = fc.array(fc.oneof({ weight: 4, arbitrary: number }, { weight: 1, arbitrary: fc.constantFrom('id', 'a') }), { minLength: 1, maxLength: 4 }).map((list) => list.join(', '));
const sub = fc.constantFrom('SELECT id FROM few', 'SELECT id FROM few WHERE kind = 2', 'SELECT id FROM wide', 'SELECT id FROM wide ORDER BY id LIMIT 5', 'SELECT id FROM wide LIMIT 2000', 'SELECT w.id FROM wide w WHERE w.id = wide.id', 'SELECT wide.id', 'SELECT wide.id LIMIT 1',
  'SELECT DISTINCT kind FROM wide LIMIT 100', 'SELECT w.id FROM wide w WHERE w.id = wide.id LIMIT 1', 'SELECT max(id) FROM wide', 'VALUES (1), (2)', 'SELECT unnest(ARRAY[1, 2])', 'SELECT unnest(ARRAY[1, wide.id])', 'SELECT generate_series(1, 100000)', 'SELECT id FROM few LIMIT 1',
  "SELECT unnest('{1,2}'::int[])", 'SELECT w.kind FROM wide w WHERE w.id = 5', 'SELECT f.id FROM few f JOIN wide w ON true', 'SELECT few.id FROM few WHERE few.id = wide.kind');

const { condition } = fc.letrec<{ condition: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    fc.tuple(fc.oneof(numberColumn, number), comparison, fc.oneof(number, numberColumn)).map((parts) => parts.join(' ')),
    fc.tuple(fc.oneof(textColumn, text), fc.constantFrom('=', '<>', 'LIKE', 'NOT LIKE', 'ILIKE', '~', '>='), text).map((parts) => parts.join(' ')),
    fc.tuple(fc.oneof(fc.constant('at'), fc.constant('at::date')), fc.constantFrom('=', '<', '>', '>=', '<='), moment).map((parts) => parts.join(' ')),
    fc.tuple(moment, moment).map(([low, high]) => `at BETWEEN ${low} AND ${high}`),
    fc.tuple(numberColumn, fc.constantFrom('BETWEEN', 'NOT BETWEEN', 'BETWEEN SYMMETRIC'), number, number).map(([column, how, low, high]) => `${column} ${how} ${low} AND ${high}`),
    fc.tuple(numberColumn, fc.constantFrom('IN', 'NOT IN'), numbers).map(([column, how, list]) => `${column} ${how} (${list})`),
    fc.tuple(numberColumn, fc.constantFrom('= ANY', '<> ANY', '= ALL', '= SOME'), fc.oneof(numbers.map((list) => `ARRAY[${list}]`), fc.constantFrom("'{1,2}'", 'ARRAY(SELECT id FROM wide LIMIT 5)', 'ARRAY(SELECT id FROM wide)', 'ARRAY(SELECT wide.id)', "string_to_array('1,2', ',')::int[]"))).map(([column, how, list]) => `${column} ${how} (${list})`),
    fc.tuple(numberColumn, fc.constantFrom('IN', 'NOT IN', '= ANY', '<> ALL', '= ALL'), sub).map(([column, how, query]) => `${column} ${how} (${query})`),
    fc.tuple(fc.constantFrom('id', 'a', 'kind'), sub).map(([column, query]) => `${column} = (${query} ORDER BY 1 LIMIT 1)`),
    fc.tuple(fc.constantFrom('EXISTS', 'NOT EXISTS'), sub).map(([how, query]) => `${how} (${query})`),
    fc.tuple(fc.constantFrom('=', '<>', '<', '>=', 'IN', 'NOT IN'), number, number).map(([how, one, two]) => how.endsWith('IN') ? `(a, b) ${how} ((${one}, ${two}), (3, 4))` : `(a, b) ${how} (${one}, ${two})`),
    fc.constantFrom('true', 'false', 'NULL', 'flag', 'flag = true', 'flag IS NOT NULL', 'note IS NULL', 'id IS NOT NULL', 'flag IN (true, false)', "flag = 't'", 'wide IS NOT NULL', 'wide = wide', '(a, b) = (a, b)', '1 = 1', "'a' = 'a'", "'t'::boolean", 'coalesce(flag, true)', 'length(code) >= 0', 'id::boolean', 'ctid = \'(0,1)\'', 'tableoid = \'wide\'::regclass', 'xmin::text <> \'\''),
  ),
  condition: fc.oneof({ depthSize: 'small', withCrossShrink: true },
    tie('atom'), fc.tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition')).map(([left, how, right]) => `(${left} ${how} ${right})`),
    tie('condition').map((inner) => `NOT (${inner})`), fc.tuple(tie('condition'), fc.constantFrom('IS TRUE', 'IS NOT FALSE', 'IS NOT UNKNOWN', '= true', 'IS NULL')).map(([inner, how]) => `(${inner}) ${how}`),
    tie('condition').map((inner) => `CASE WHEN ${inner} THEN true ELSE false END`), tie('condition').map((inner) => `coalesce(${inner}, true)`)),
}));

function read(sql: string): { readonly effect: Effect | undefined; readonly free: boolean } {
  const made = interpreter.interpret(sql, catalog, initialState);
  if (made instanceof Promise) throw new Error('a text of this test is too long');
  return { effect: made.statements[0]?.effects.find(({ verb }) => verb === 'delete'), free: made.literalsThatMatter.length === 0 };
}

/** Rows that the server would delete; undefined where it refuses the statement. */
async function deleted(sql: string): Promise<number | undefined> {
  await client.query('BEGIN');
  try {
    return (await client.query(sql)).rowCount ?? 0;
  } catch {
    return undefined;
  } finally {
    await client.query('ROLLBACK');
  }
}

const most: { readonly [E in Extent]: number } = { none: 0, one: 1, bounded: rows - 1, unknown: rows, all: rows };

const other = fc.constantFrom(
  'made o', 'crossed o', 'met o', 'many o', '(SELECT w.id, 1 AS kind FROM wide w) o', '(SELECT w.id, f.id AS kind FROM wide w, few f) o', '(SELECT w.id, f.id AS kind FROM wide w, few f WHERE w.id = f.id) o',
  '(SELECT DISTINCT kind, kind AS id FROM wide LIMIT 100) o', '(SELECT * FROM (SELECT DISTINCT kind, kind AS id FROM wide LIMIT 100) x) o', '(SELECT id, kind FROM met UNION ALL SELECT id, 1 FROM wide) o', '(SELECT id, kind FROM few UNION SELECT 7, 7) o',
  '(SELECT kind, max(id) AS id FROM wide GROUP BY kind) o', '(SELECT f.kind, w.id FROM few f LEFT JOIN wide w ON w.id = f.id AND f.id = 1) o', '(SELECT w.id, f.kind FROM wide w LEFT JOIN few f ON w.id = f.id AND f.id = 1) o', '(SELECT w.id, f.kind FROM few f RIGHT JOIN wide w USING (id)) o',
  'wide o LEFT JOIN few f ON f.id = o.id AND f.kind = 2', 'few f RIGHT JOIN wide o ON f.id = o.id AND f.kind = 2', 'wide o LEFT JOIN few f ON f.id = o.id', 'wide o JOIN few f ON f.id = o.id', 'wide o NATURAL LEFT JOIN (SELECT id FROM few WHERE id = 2) f', 'LATERAL (SELECT 5 AS id, 2 AS kind) o',
);
const conditions = fc.array(fc.constantFrom('o.id = wide.id', 'o.kind = wide.kind', 'o.kind = wide.id', 'o.kind = 1', 'o.id = 5', 'o.kind IN (1, 2)', 'o.id = 5 OR o.kind = 1', 'o.kind IS NOT DISTINCT FROM NULL', 'o.id BETWEEN 1 AND 10', 'wide.kind = 3'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' AND '));

/** Of tables in which all rows are the same in some columns by construction, and in no other. */
const ofOne = fc.constantFrom(
  "t.kind = 'x'", "t.kind IN ('x', 'y')", "lower(t.kind) = 'x'", "t.kind LIKE 'x%'", "t.kind IS NOT DISTINCT FROM 'x'", "t.kind = ANY (ARRAY['x'])", 't.n = 5', 't.n IN (4, 5)', 't.n BETWEEN 5 AND 6', "t.low = 'x'", "lower(t.low) = 'x'", "t.day::date = '2024-01-05'",
  "date_trunc('day', t.day) = '2024-01-05'", "t.day BETWEEN '2024-01-05 00:00Z' AND '2024-01-06 00:00Z'", "t.day = '2024-01-05 12:00:07Z'", "t.year = '2024-01-05'", "date_trunc('month', t.year) = '2024-01-01'", "t.lone = 'only'", "t.lonely = 'only'", "t.code = 'x'", 't.gen = 7',
  't.sum = 6', 't.half = 5', "t.list = 'x'", 't.id = 5', 't.id IN (1, 2)', 't.id BETWEEN 1 AND 100', 't.half IS NOT DISTINCT FROM 5',
);
const oneValue = fc.tuple(
  fc.constantFrom('same', 'same', 'same_x', 'same_day', 'parts', 'parts_x', 'parts_day', 'shown'), fc.array(fc.tuple(fc.constantFrom('AND', 'OR'), ofOne), { minLength: 1, maxLength: 3 }),
  fc.constantFrom('', '', '', ' USING few f WHERE f.id = 1 AND f.kind + 4 = t.n AND', ' USING few f WHERE f.id = 1 AND f.kind = t.n AND', ' USING same o WHERE o.id = 5 AND o.n = 5 AND o.kind = t.kind AND o.n = t.n AND', ' USING parts o WHERE o.id = 5 AND o.id = t.id AND o.kind = t.kind AND'),
).map(([table, parts, from]) => `DELETE FROM ${table} t${from === '' ? ' WHERE' : from} (${parts.map(([how, part], i) => (i === 0 ? part : `${how} ${part}`)).join(' ')})`);

const statement = fc.oneof(
  { weight: 2, arbitrary: oneValue },
  { weight: 2, arbitrary: fc.tuple(other, conditions).map(([from, where]) => `DELETE FROM wide USING ${from} WHERE ${where}`) },
  { weight: 1, arbitrary: fc.tuple(other, conditions).map(([from, where]) => `DELETE FROM wide WHERE id IN (SELECT o.id FROM ${from.replaceAll('wide.', 'w2.')}, few w2 WHERE ${where.replaceAll('wide.', 'w2.')})`) },
  { weight: 1, arbitrary: condition.map((where) => `DELETE FROM made WHERE ${where.replaceAll('wide', 'made')}`) },
  { weight: 4, arbitrary: condition.map((where) => `DELETE FROM wide WHERE ${where}`) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('few', 'few JOIN wide w ON w.id = few.id', 'few CROSS JOIN wide w', 'wide w', 'few LEFT JOIN wide w ON w.id = 5', '(SELECT id, 1 AS kind FROM wide LIMIT 2000) few', '(VALUES (1, 2)) few (id, kind)'), fc.constantFrom('few.id = wide.id', 'few.kind = wide.kind', 'few.id = 1', 'w.id = wide.id', 'true', 'w.id = 5'), condition)
    .map(([from, link, where]) => `DELETE FROM wide USING ${from} WHERE ${link} AND ${where}`) },
);

test('what is said to be bounded is never every row on a real server, and one row is one at most', async () => {
  let bounded = 0;
  await fc.assert(fc.asyncProperty(statement, async (sql) => {
    const { effect } = read(sql);
    if (effect === undefined || effect.extent === 'unknown' || effect.extent === 'all') return;
    const count = await deleted(sql);
    if (count === undefined) return;
    bounded++;
    expect({ sql, extent: effect.extent, count, fits: count <= most[effect.extent] }).toEqual({ sql, extent: effect.extent, count, fits: true });
  }), { numRuns: runs });
  expect(bounded).toBeGreaterThan(runs / 50);
  expect(await value(client, 'SELECT count(*)::int FROM wide')).toBe(rows);
}, 120_000);

test('statements of one key have one extent, where no literal was said to matter', () => {
  let compared = 0;
  fc.assert(fc.property(statement, fc.array(fc.nat({ max: 9999 }), { minLength: 1, maxLength: 6 }), (sql, picks) => {
    const { effect, free } = read(sql);
    const key = shapeKey(sql);
    if (!free || key === undefined) return;
    let at = 0;
    const other = sql.replaceAll(/'[^']*'|(?<![\w.])\d+/g, (literal) => {
      const pick = picks[at++ % picks.length] ?? 0;
      return literal.startsWith("'") ? `'${'%_c{}[]1,'.slice(pick % 5, pick % 9)}'` : String(pick);
    });
    if (shapeKey(other) !== key) return;
    compared++;
    expect({ sql, other, extent: read(other).effect?.extent }).toEqual({ sql, other, extent: effect?.extent });
  }), { numRuns: runs });
  expect(compared).toBeGreaterThan(runs / 10);
});
