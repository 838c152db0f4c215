import * as fc from 'fast-check';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JudgingServer, startJudgingServer } from '../../../test/support/judging-server.ts';
import type { Catalog } from '../../core/catalog.ts';
import type { Extent } from '../../core/effect.ts';
import { type BoundValue, initialState } from '../../core/interpretation.ts';
import { createPostgresInterpreter } from './interpreter.ts';

const rows = 2500;
/** Statements tried in one run. */
const runs = Number(process.env['PARAMETER_RUNS'] ?? 1500);

const interpreter = await createPostgresInterpreter();
let server: JudgingServer;
let client: Client;
let catalog: Catalog;

beforeAll(async () => {
  server = await startJudgingServer(`
    CREATE TYPE mood AS ENUM ('well', 'ill');
    CREATE FUNCTION turned(text) RETURNS mood LANGUAGE sql CALLED ON NULL INPUT AS 'SELECT CASE WHEN $1 IS NULL THEN ''well''::mood END';
    CREATE CAST (text AS mood) WITH FUNCTION turned(text) AS ASSIGNMENT;
    CREATE DOMAIN short AS varchar(1); CREATE DOMAIN filled AS text DEFAULT 'x';
    CREATE TABLE wide (id int PRIMARY KEY, code text NOT NULL UNIQUE, at timestamptz NOT NULL, expires_at timestamptz, kind "char" NOT NULL, flag boolean, fixed char(4), tag name, brief varchar(2), price numeric(9, 2));
    INSERT INTO wide SELECT n, 'c' || n, now() - interval '15 years' + n * interval '3 days', now() + n * interval '1 minute', chr(97 + n % 26)::"char", n % 2 = 0, (n % 999)::text, 'a' || n, (n % 99)::text, n / 100.0 FROM generate_series(1, ${rows}) n;
    SET timezone = 'Pacific/Kiritimati'`);
  ({ client, catalog } = server);
});
afterAll(async () => {
  await server.stop();
  await interpreter.close();
});

const type = fc.constantFrom(undefined, undefined, 'int2', 'int4', 'int8', 'bool', 'text', 'varchar', 'date', 'timestamp', 'timestamptz', 'uuid', 'bpchar', 'name', '"char"', 'mood', 'short', 'filled', 'numeric');
const written = fc.constantFrom(null, '', ' ', 'a', 'ab', 'ab  ', '%', '%abcd', 'abc%', 'c24%', '\\%', '_', 'k', 'kept', '7  ', '77', 'well', 'true', 't', 'f', 'on', '0', '1', '5', '007', ' 5', '42', '2400', '100000', '-1', '9999999999', '1.5', '1e3', '0x1F', 'NaN',
  '2010-01-05', '2015-06-01', '2024-01-01', '2024-01-01 00:00:00+00', '2024-01-01T00:00:00.000Z', '2090-01-01', 'now', 'tomorrow', 'infinity', '-infinity', '01/02/2090', '0001-01-01 BC', '{1,2}', 'c1', '00000000-0000-0000-0000-000000000000');
const bound: fc.Arbitrary<BoundValue> = fc.record({ type, text: written });

const place = fc.constantFrom('$1', '$2', '$1::int', '$1::text', '$2::text', '$1::timestamptz', '$1::date', '$2::bool', '$1::mood', '$1::short', '$1::filled', '$1::uuid', '$2::varchar(1)', 'coalesce($1, $2)', "coalesce($1, 'c1')", '$1 || $2', "$2 || '%'", 'NULLIF($1, $2)');
const column = fc.constantFrom('id', 'code', 'at', 'expires_at', 'at::date', 'kind', 'flag', 'fixed', 'tag', 'brief', 'price', 'lower(code)', 'id::text', 'coalesce($1, code)', 'coalesce($2, id)');
const { condition } = fc.letrec<{ condition: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    fc.tuple(fc.oneof(column, place), fc.constantFrom('=', '<>', '<', '>', '<=', '>=', 'LIKE', 'ILIKE', 'NOT LIKE', 'IS NOT DISTINCT FROM', '~'), fc.oneof(place, column)).map((parts) => parts.join(' ')),
    fc.tuple(column, place, place).map(([what, low, high]) => `${what} BETWEEN ${low} AND ${high}`),
    fc.tuple(column, place, place).map(([what, one, two]) => `${what} IN (${one}, ${two})`),
    fc.tuple(fc.constantFrom('$1', '$2', '$1::uuid', '$1::mood', '$1::text', '$2::short', '$2::filled', 'coalesce($1, $2)'), fc.constantFrom('IS NULL', 'IS NOT NULL')).map((parts) => parts.join(' ')),
    fc.constantFrom('$1', '$2', 'NOT $1', '$1 IS TRUE', 'id = ANY ($1)', 'id IN (SELECT id FROM wide LIMIT $1)', 'ctid IN (SELECT ctid FROM wide ORDER BY id LIMIT $2)', "id = 5 AND kind = $1", 'id IN (SELECT id FROM wide WHERE code = $1 LIMIT $2)', 'id IN (SELECT unnest($1::int[]))'),
  ),
  condition: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('atom'), fc.tuple(tie('condition'), fc.constantFrom('AND', 'OR', 'OR'), tie('condition')).map(([left, how, right]) => `(${left} ${how} ${right})`), tie('condition').map((inner) => `NOT (${inner})`)),
}));

function extentOf(sql: string, values?: readonly BoundValue[]): Extent | undefined {
  const made = interpreter.interpret(sql, catalog, initialState, values);
  if (made instanceof Promise) throw new Error('a text of this test is too long');
  const effects = made.statements[0]?.effects ?? [];
  // What is not understood is refused, whatever else it is.
  return effects.some(({ verb }) => verb === 'opaque') ? undefined : effects.find(({ verb }) => verb === 'delete')?.extent;
}

/** Rows that the server would delete with these values; undefined where it refuses. */
async function deleted(sql: string, values: readonly BoundValue[]): Promise<number | undefined> {
  const count = sql.includes('$2') ? 2 : 1;
  const types = values.slice(0, count).map((one) => one.type ?? 'unknown').join(', ');
  const given = values.slice(0, count).map(({ text }) => (text === null || text === undefined ? 'NULL' : `'${text}'`)).join(', ');
  await client.query('BEGIN');
  try {
    await client.query(`PREPARE one (${types}) AS ${sql}`);
    return (await client.query(`EXECUTE one (${given})`)).rowCount ?? 0;
  } catch {
    return undefined;
  } finally {
    await client.query('ROLLBACK; DEALLOCATE ALL');
  }
}

/** Literals and casts of them, as they stand in EXECUTE. */
const given = fc.oneof(
  written.map((text) => (text === null ? 'NULL' : `'${text}'`)),
  fc.tuple(written, fc.constantFrom('int', 'bigint', 'text', 'varchar(2)', 'date', 'timestamptz', 'boolean', 'mood', 'short', 'numeric')).map(([text, of]) => `${text === null ? 'NULL' : `'${text}'`}::${of}`),
  fc.constantFrom('5', '-1', '0', '2400', '100000', '9999999999', '1.5', 'true', 'false', "DATE '2010-01-05'", "timestamp '2090-01-01'", '5::bigint', '7::text', "lower('%')", "'c' || '1'", '(SELECT 5)', '5::mood'),
);
const declared = fc.constantFrom('', '', 'int', 'bigint', 'boolean', 'text', 'varchar', 'varchar(1)', 'date', 'timestamp', 'timestamptz', 'uuid', '"char"', 'mood', 'short', 'filled', 'numeric', 'unknown');

const most: { readonly [E in Extent]: number } = { none: 0, one: 1, bounded: rows - 1, unknown: rows, all: rows };

test('with the values that were bound, or without any, what is said to be bounded is never every row on a real server', async () => {
  let milder = 0;
  await fc.assert(fc.asyncProperty(condition, fc.tuple(bound, bound), async (where, values) => {
    const sql = `DELETE FROM wide WHERE ${where}`;
    const [without, extent] = [extentOf(sql), extentOf(sql, values)];
    if (extent === undefined || without === undefined || (most[extent] === rows && most[without] === rows)) return;
    const count = await deleted(sql, values);
    if (count === undefined) return;
    if (most[extent] < most[without]) milder++;
    expect({ sql, values, extent, count, fits: count <= most[extent] }).toEqual({ sql, values, extent, count, fits: true });
    expect({ sql, values, without, count, fits: count <= most[without] }).toEqual({ sql, values, without, count, fits: true });
  }), { numRuns: runs });
  expect(milder).toBeGreaterThan(runs / 300);
}, 240_000);

test('the constants that EXECUTE gives are what the server makes of them', async () => {
  let milder = 0;
  await fc.assert(fc.asyncProperty(condition, fc.tuple(declared, declared), fc.tuple(given, given), async (where, types, values) => {
    const count = where.includes('$2') ? 2 : 1;
    const named = types.slice(0, count).map((type) => (type === '' ? 'unknown' : type));
    const prepare = `PREPARE one${types[0] === '' && types[1] === '' ? '' : ` (${named.join(', ')})`} AS DELETE FROM wide WHERE ${where}`;
    const execute = `EXECUTE one (${values.slice(0, count).join(', ')})`;
    const made = interpreter.interpret(`${prepare}; ${execute}`, catalog, initialState);
    if (made instanceof Promise) throw new Error('a text of this test is too long');
    const [before, after] = made.statements.map(({ effects }) => (effects.some(({ verb }) => verb === 'opaque') ? undefined : effects.find(({ verb }) => verb === 'delete')?.extent));
    if (before === undefined || after === undefined || most[after] === rows) return;
    await client.query('BEGIN');
    let deletes: number | undefined;
    try {
      await client.query(prepare);
      deletes = (await client.query(execute)).rowCount ?? 0;
    } catch {
      // The server refuses it.
    } finally {
      await client.query('ROLLBACK; DEALLOCATE ALL');
    }
    if (deletes === undefined) return;
    if (most[after] < most[before]) milder++;
    expect({ prepare, execute, after, deletes, fits: deletes <= most[after] }).toEqual({ prepare, execute, after, deletes, fits: true });
  }), { numRuns: runs });
  expect(milder).toBeGreaterThan(runs / 1000);
}, 240_000);
