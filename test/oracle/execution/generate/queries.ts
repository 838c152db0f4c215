import fc from 'fast-check';
import { hiddenQuery } from './hidden.ts';
import { anyTable, columnsOf, type Table } from './tables.ts';
import { either, maybe, number, sql, type Text } from './template.ts';

/** Names that an expression may use. */
export interface Names { readonly int: readonly string[]; readonly text: readonly string[] }

export const noNames: Names = { int: [], text: [] };

export function namesOf(table: Table, alias: string): Names {
  return { int: columnsOf(table, 'int').map((column) => `${alias}.${column}`), text: columnsOf(table, 'text').map((column) => `${alias}.${column}`) };
}

const called = fc.constantFrom('sql_text', 'sql_atomic', 'dynamic', 'catching', 'definer', 'overloaded', 'deep', 'again', 'app.sql_text', 'looping', 'abs');

export function int(names: Names, depth: number): Text {
  const leaf = either(number(0, 9), ...names.int);
  if (depth === 0) return leaf;
  const inner = int(names, depth - 1);
  return fc.oneof({ withCrossShrink: true }, { arbitrary: leaf, weight: 8 }, {
    weight: 4, arbitrary: either(
      sql`${inner} + ${inner}`, sql`coalesce(${inner}, ${leaf})`, sql`CASE WHEN ${condition(names, depth - 1)} THEN ${inner} ELSE 0 END`, sql`length(${text(names, depth - 1)})`,
      sql`(SELECT max(s.id) FROM ${fc.constantFrom('person', 'team', 'people', 'listening', 'reading', 'animal', 'secret')} s)`, sql`greatest(${inner}, ${leaf})`),
  }, {
    weight: 1, arbitrary: either(
      sql`${called}(${inner})`, sql`(${inner})::pair::int`, sql`${inner} + ROW(1, 2)::pair`, sql`overloaded(${leaf}, ${leaf}, ${leaf})`, 'looping()', 'with_cursor()', `nextval('ticket')::int`,
      `(SELECT tally(id) FROM team)`, '(SELECT count(*)::int FROM rows_of(10))', `(overloaded('x') || '1')::int`),
  });
}

export function text(names: Names, depth: number): Text {
  const leaf = either(`'x'`, ...names.text);
  if (depth === 0) return leaf;
  return fc.oneof({ withCrossShrink: true }, { arbitrary: leaf, weight: 6 }, {
    weight: 1, arbitrary: either(sql`upper(${leaf})`, sql`${leaf} || 'y'`, sql`!! ${leaf}`, sql`overloaded(${leaf}::text)`, sql`(${leaf})::email`, sql`(ROW(${int(names, depth - 1)}, 2)::pair)::text`, sql`format('%s', ${leaf})`, sql`settles('on')`),
  });
}

export function condition(names: Names, depth: number): Text {
  const simple = either('true', sql`${int(names, 0)} = ${int(names, 0)}`, ...names.int.map((column) => sql`${column} < ${number(0, 12)}`), ...names.text.map((column) => `${column} IS NOT NULL`));
  if (depth === 0) return simple;
  const inner = condition(names, depth - 1);
  return fc.oneof({ withCrossShrink: true }, { arbitrary: simple, weight: 6 }, {
    weight: 1, arbitrary: either(
      sql`${int(names, depth - 1)} > ${int(names, 0)}`, sql`${inner} AND ${inner}`, sql`${inner} OR ${inner}`, sql`${int(names, 0)} ~~~ ${int(names, 0)}`,
      sql`EXISTS (${query(depth - 1)})`, sql`${int(names, 0)} IN (SELECT s.id FROM ${fc.constantFrom('team', 'people', 'reading', 'cat', 'teams')} s)`,
      sql`${int(names, 0)} OPERATOR(app.~~~) ${int(names, depth - 1)}`, sql`${text(names, depth - 1)} LIKE 'x%'`),
  });
}

/** A FROM item and the names that it brings. */
function joined(depth: number): fc.Arbitrary<{ from: string; names: Names }> {
  return fc.tuple(anyTable, fc.option(anyTable, { freq: 3, nil: undefined }), fc.boolean(), number(1, 3)).map(([left, right, lateral, low]) => {
    if (right === undefined) return { from: `${left.name} a`, names: namesOf(left, 'a') };
    const a = namesOf(left, 'a');
    const b = namesOf(right, 'b');
    const names = { int: [...a.int, ...b.int], text: [...a.text, ...b.text] };
    if (lateral && depth > 0) return { from: `${left.name} a CROSS JOIN LATERAL (SELECT * FROM ${right.name} c LIMIT ${low}) b`, names };
    return { from: `${left.name} a LEFT JOIN ${right.name} b ON ${a.int[0] ?? '1'} = ${b.int[0] ?? '1'}`, names };
  });
}

/** A query that stands alone or in another statement; it yields at least one row as often as not. */
export function query(depth: number): Text {
  const plain = joined(depth).chain(({ from, names }) => either(
    sql`SELECT ${int(names, depth)} AS i, ${text(names, depth)} AS t FROM ${from}${maybe(sql` WHERE ${condition(names, depth)}`)}${maybe(' ORDER BY 1')}${maybe(' LIMIT 3')}`,
    sql`SELECT a.* FROM ${from}${maybe(sql` WHERE ${condition(names, depth)}`)}`,
    sql`SELECT count(*), sum(${int(names, 0)}) FROM ${from}${maybe(sql` WHERE ${condition(names, depth)}`)}${maybe(' HAVING count(*) > 0')}`,
    sql`SELECT tally(${int(names, 0)}) FROM ${from}`,
    sql`SELECT tally(${int(names, 0)}) OVER (ORDER BY ${int(names, 0)}) FROM ${from}`));
  if (depth === 0) return plain;
  return fc.oneof({ withCrossShrink: true }, { arbitrary: plain, weight: 8 }, { arbitrary: hiddenQuery, weight: 4 }, {
    weight: 2, arbitrary: either(
      sql`SELECT * FROM rows_of(${int(noNames, depth)}) r`, sql`SELECT ${int(noNames, depth)} AS i, ${text(noNames, depth)} AS t`, sql`SELECT * FROM (${query(depth - 1)}) q`,
      sql`WITH w AS (${query(depth - 1)}) SELECT * FROM w`, sql`WITH w AS MATERIALIZED (${query(depth - 1)}) SELECT 1`,
      'WITH RECURSIVE up(id, boss) AS (SELECT id, boss FROM person WHERE id = 9 UNION ALL SELECT p.id, p.boss FROM person p JOIN up ON p.id = up.boss) SELECT sql_text(id) FROM up',
      `SELECT a.id FROM person a FOR UPDATE`, `TABLE teams`, sql`SELECT i.* FROM generate_series(1, 2) g, LATERAL (SELECT sql_text(g)) i`, sql`VALUES (${int(noNames, depth)})`,
      `SELECT id FROM team UNION SELECT id FROM animal`, `SELECT (scores).a, (who).address FROM card`, 'SELECT scores::int, scores::text FROM card', 'SELECT a FROM ONLY animal a',
      'SELECT * FROM reading TABLESAMPLE SYSTEM (50)', `SELECT last_value FROM ticket`, `SELECT * FROM secret`, `SELECT keeps()`, `SELECT locks(3)`, `SELECT makes_table()`, `SELECT computed('dynamic')`,
      `SELECT pg_notify('a', 'b')`, `SELECT pg_advisory_lock_shared(4)`, `SELECT set_config('app.mode', 'x', false)`, `SELECT setval('ticket', 77)`, `SELECT lo_create(0)`,
      `SELECT query_to_xml('SELECT sql_text(1)', true, true, '')`, `SELECT table_to_xml('team', true, true, '')`, 'SELECT ts_rewrite(\'a\'::tsquery, \'SELECT t::tsquery, t::tsquery FROM (SELECT overloaded(\'\'x\'\') AS t) s\')'),
  });
}
