import { afterAll, describe, expect, test } from 'vitest';
import type { CatalogSnapshot, ColumnInfo, FunctionInfo, RelationInfo, SingleValue, TypeInfo } from '../../core/catalog.ts';
import { initialState, type Interpretation } from '../../core/interpretation.ts';
import { catalogOf } from '../../catalog/snapshot.ts';
import { createPostgresInterpreter } from './interpreter.ts';

const interpreter = await createPostgresInterpreter();
afterAll(() => interpreter.close());

function relation(oid: number, name: string, more: Partial<RelationInfo>): RelationInfo {
  return {
    oid, schema: 'public', name, kind: 'table', columns: [{ number: 1, name: 'id', type: 'integer' }], keys: [['id']], triggers: [], referencedBy: [], children: [], views: [],
    rules: [], rowSecurity: false, code: [], ...more,
  };
}

function fn(oid: number, name: string, body: string): FunctionInfo {
  return {
    oid, schema: 'public', name, kind: 'function', arguments: [], defaults: 0, variadic: false, language: 'sql', volatility: 'volatile', securityDefiner: false, settings: [],
    definition: `CREATE FUNCTION public.${name}() RETURNS int LANGUAGE sql AS $$${body}$$`,
  };
}

async function read(text: string, content: Partial<CatalogSnapshot>): Promise<Interpretation> {
  const catalog = catalogOf({ format: 'guardrails-catalog/2', database: 'd', serverVersion: 180_000, version: text, relations: [], functions: [], types: [], operators: [], casts: [], operatorClasses: [], eventTriggers: [], ...content });
  return interpreter.interpret(text, catalog, { ...initialState, searchPath: ['public'] });
}

function lines(interpretation: Interpretation): readonly string[] {
  return interpretation.statements.flatMap((statement) => statement.effects.map(({ verb, resource, reason }) => `${verb} ${resource.path.join('.')}${reason === undefined ? '' : ` ${reason}`}`));
}

describe('a thousand partitions', () => {
  const notes = fn(20_000, 'notes', 'DELETE FROM public.kept RETURNING id');
  const code: RelationInfo['code'] = [
    { kind: 'check', name: 'positive', events: ['insert', 'update'], functions: [], builtins: ['int4gt'], types: [], reads: [] },
    { kind: 'check', name: 'noted', events: ['insert', 'update'], functions: [notes.oid], builtins: [], types: [], reads: [] },
  ];
  const partitions = Array.from({ length: 1000 }, (_, i) => relation(30_000 + i, `parts_${i}`, { code, triggers: [{ name: 'watched', events: ['update'], function: notes.oid, enabled: true }] }));
  const content = { functions: [notes], relations: [relation(16_400, 'parts', { kind: 'partitioned', children: partitions.map(({ oid }) => oid), code: code.slice(0, 1) }), relation(16_401, 'kept', {}), ...partitions] };

  test.each(['INSERT INTO parts VALUES (1)', 'UPDATE parts SET id = 2 WHERE id = 1', 'SELECT * FROM parts WHERE id = 1'])('are understood: %s', async (text) => {
    const found = lines(await read(text, content));
    expect(found.filter((effect) => effect.startsWith('opaque'))).toEqual([]);
    expect(found.includes('delete public.kept')).toBe(!text.startsWith('SELECT'));
  });
});

function chain(length: number): readonly RelationInfo[] {
  return [relation(16_400, 'base', {}),
    ...Array.from({ length }, (_, i) => relation(20_000 + i, `v${i}`, { kind: 'view', definition: `SELECT id FROM public.${i === 0 ? 'base' : `v${i - 1}`}` }))];
}

test('a view on a view, and so on', async () => {
  expect(lines(await read('SELECT id FROM v99', { relations: chain(100) }))).toContain('read public.base');
  expect(lines(await read('SELECT id FROM v4999', { relations: chain(5000) }))).toEqual(['opaque text too-deep']);
});

test.each([
  ['itself', [fn(1, 'f', 'SELECT public.f()')], []],
  ['each other', [fn(1, 'f', 'SELECT public.g()'), fn(2, 'g', 'DELETE FROM public.base RETURNING public.f()')], ['delete public.base']],
])('functions that call %s', async (_what, functions, found) => {
  expect(lines(await read('SELECT f()', { functions, relations: [relation(16_400, 'base', {})] }))).toEqual(found);
});

test('functions that call the same one twice, and so on, are read once; those that call several in ever new ways are bounded', async () => {
  const functions = Array.from({ length: 60 }, (_, i) => fn(i + 1, `f${i}`, i === 59 ? 'SELECT 1' : `SELECT public.f${i + 1}() + public.f${i + 1}()`));
  const wide = Array.from({ length: 60 }, (_, i) => fn(i + 1, `f${i}`, i > 50 ? 'SELECT 1' : `SELECT public.f${i + 1}() + public.f${i + 2}() + public.f${i + 3}()`));
  expect(lines(await read('SELECT f0()', { functions }))).toEqual([]);
  expect(lines(await read('SELECT f0()', { functions: wide }))).toEqual(['opaque text too-deep']);
});

const one = (value = 'x'): SingleValue => ({ of: 'column', value });
const made: SingleValue = { of: 'function', value: 'lower x' };

function columns(...list: readonly (readonly [name: string, type: string, single?: SingleValue])[]): readonly ColumnInfo[] {
  return list.map(([name, type, single], i) => ({ number: i + 1, name, type, ...single === undefined ? {} : { single } }));
}

function type(oid: number, name: string, more: Partial<TypeInfo>): TypeInfo {
  return { oid, schema: 'public', name, written: `public.${name}`, kind: 'domain', compares: [], functions: [], builtins: [], types: [], ...more };
}

const singles = {
  types: [type(10, 'lone', { kind: 'enum', single: one('label') }), type(11, 'lonely', { base: 'public.lone' }), type(12, 'code', { base: 'text', single: made }), type(13, 'plain', { base: 'text' })],
  relations: [
    relation(1, 'checked', { keys: [['id'], ['status', 'place'], ['sole']], columns: columns(['id', 'integer'], ['status', 'text', one()], ['place', 'text'], ['note', 'text', made], ['sole', 'integer', one()], ['at', 'timestamp with time zone', made], ['n', 'integer', one()]) }),
    relation(2, 'typed', { columns: columns(['id', 'integer'], ['a', 'public.lone'], ['b', 'public.lonely'], ['c', 'public.code'], ['d', 'public.plain'], ['e', 'public.lone[]']) }),
    relation(3, 'whole', { kind: 'partitioned', keys: [], children: [4, 5], columns: columns(['id', 'integer'], ['kind', 'text'], ['year', 'integer'], ['same', 'text']) }),
    relation(4, 'part_x', { keys: [], partitionOf: 3, columns: columns(['id', 'integer'], ['kind', 'text', one()], ['year', 'integer'], ['same', 'text', one()]) }),
    relation(5, 'part_y', { kind: 'partitioned', keys: [], partitionOf: 3, children: [6], columns: columns(['id', 'integer'], ['kind', 'text', one('y')], ['year', 'integer'], ['same', 'text', one()]) }),
    relation(6, 'part_y_1', { keys: [], partitionOf: 5, columns: columns(['id', 'integer'], ['kind', 'text'], ['year', 'integer', one('1')], ['same', 'text']) }),
    relation(7, 'shown', { kind: 'view', keys: [], columns: columns(['id', 'integer'], ['status', 'text']), definition: 'SELECT c.id, c.status FROM public.checked c' }),
  ],
};

test('all that refer to one row go with it, where all refer to one', async () => {
  const key = { constraint: 'k', schema: 'public', columns: ['of'], onDelete: 'c', onUpdate: 'a' } as const;
  const relations = [
    relation(1, 'parents', { referencedBy: [{ ...key, table: 'kids' }, { ...key, table: 'twins' }, { ...key, table: 'pairs', columns: ['of', 'place'] }] }), relation(2, 'kids', { columns: columns(['id', 'integer'], ['of', 'integer']) }),
    relation(3, 'twins', { columns: columns(['id', 'integer'], ['of', 'integer', one()]) }), relation(4, 'pairs', { columns: columns(['of', 'integer', one()], ['place', 'text']) }),
  ];
  const { statements } = await read('DELETE FROM parents WHERE id = 5', { relations });
  expect(statements[0]?.effects.filter(({ verb }) => verb === 'delete').map(({ resource, extent }) => `${resource.path[1]} ${extent}`)).toEqual(['parents one', 'kids bounded', 'twins unknown', 'pairs bounded']);
});

/** What a column that is one value in all rows lets through is all rows. */
test.each([
  ["checked WHERE status = 'x'", 'unknown'], ["checked WHERE status IN ('x')", 'unknown'], ["checked WHERE status LIKE 'xyz%'", 'unknown'], ["checked WHERE lower(status) = 'x'", 'unknown'], ["checked WHERE status = 'x' OR id = 5", 'unknown'],
  ["checked WHERE status = 'x' AND id = 5", 'one'], ["checked WHERE (status = 'x' AND place = 'y') OR id = 5", 'bounded'], ["checked WHERE status = 'x' AND place = 'y'", 'one'], ['checked WHERE sole = 1', 'one'], ['checked WHERE n = 1', 'unknown'], ['checked WHERE n BETWEEN 1 AND 2', 'unknown'],
  ["checked WHERE note = 'x'", 'bounded'], ["checked WHERE lower(note) = 'x'", 'unknown'], ["checked WHERE note LIKE 'xyz%'", 'unknown'], ["checked WHERE at = '2024-01-01'", 'bounded'], ["checked WHERE at BETWEEN '2024-01-01' AND '2024-01-05'", 'unknown'], ["checked WHERE date_trunc('day', at) = '2024-01-01'", 'unknown'],
  ["checked USING typed t WHERE t.id = 5 AND t.d = checked.status", 'unknown'], ["checked USING typed t WHERE t.id = 5 AND t.d = checked.place", 'bounded'], ["checked WHERE status IN (SELECT d FROM typed WHERE id = 5)", 'unknown'],
  ["typed WHERE a = 'only'", 'unknown'], ["typed WHERE b = 'only'", 'unknown'], ["typed WHERE lower(c) = 'x'", 'unknown'], ["typed WHERE c = 'x'", 'bounded'], ["typed WHERE d = 'x'", 'bounded'], ["typed WHERE e = '{only}'", 'bounded'],
  ["whole WHERE kind = 'x'", 'bounded'], ["whole WHERE same = 'x'", 'unknown'], ['whole WHERE year = 1', 'bounded'], ["part_x WHERE kind = 'x'", 'unknown'], ["part_y WHERE kind = 'y'", 'unknown'], ["part_y WHERE same = 'x'", 'unknown'], ['part_y WHERE year = 1', 'unknown'],
  ["part_y_1 WHERE kind = 'y'", 'unknown'], ["part_y_1 WHERE same = 'x'", 'unknown'], ['part_y_1 WHERE year = 1', 'unknown'], ['part_y_1 WHERE id = 1', 'bounded'], ["shown WHERE status = 'x'", 'unknown'], ["shown WHERE status = 'x' AND id = 5", 'bounded'],
])('DELETE FROM %s is %s', async (rest, extent) => {
  const { statements } = await read(`DELETE FROM ${rest}`, singles);
  expect(statements[0]?.effects.find(({ verb }) => verb === 'delete')?.extent).toBe(extent);
});

const domains = {
  types: [
    type(10, 'flag', { base: 'boolean' }), type(11, 'count', { base: 'integer' }), type(12, 'counts', { base: 'public.count' }), type(13, 'amount', { base: 'numeric' }), type(14, 'ratio', { base: 'double precision' }), type(15, 'word', { base: 'text' }),
    type(16, 'mood', { kind: 'enum' }), type(17, 'moody', { base: 'public.mood' }), type(18, 'text', { base: 'character varying' }),
  ],
  casts: [{ source: 'public.mood', target: 'text', context: 'implicit', calls: { functions: [], builtins: ['x'], types: [] } } as const],
  operators: [{ schema: 'public', name: '=', left: 'public.mood', right: 'text', calls: { functions: [], builtins: [], types: [] } }, { schema: 'public', name: '=', left: 'public.word', right: 'public.word', calls: { functions: [], builtins: [], types: [] } }],
  relations: [relation(1, 't', { keys: [['n']], columns: columns(['id', 'integer'], ['flag', 'public.flag'], ['n', 'public.counts'], ['amount', 'public.amount'], ['word', 'public.word'], ['mood', 'public.moody'], ['flags', 'public.flag[]'], ['code', 'text']) })],
};

/** A domain is what its values are of. */
test.each([
  ["flag = 't'", 'unknown'], ["flag::text = 'true'", 'unknown'], ['flag IN ($1, $2)', 'unknown'], ["flags = '{t}'", 'unknown'], ['n BETWEEN 1 AND 10', 'bounded'], ['n = 5', 'one'], ['n = 5::count', 'one'], ['n = 5::ratio', 'bounded'], ['amount = 5', 'bounded'], ['amount::int = 0', 'unknown'], ['n::text = \'5\'', 'bounded'],
  ["mood = 'well'", 'unknown'], ["word = 'x'", 'unknown'], ["word LIKE 'xyz%'", 'bounded'], ["code::public.text = 'x'", 'unknown'], ["code::pg_catalog.text = 'x'", 'bounded'],
])('of domains, %s is %s', async (where, extent) => {
  const { statements } = await read(`DELETE FROM t WHERE ${where}`, domains);
  expect(statements[0]?.effects.find(({ verb }) => verb === 'delete')?.extent).toBe(extent);
});

test.each([
  ['10,000 nested parentheses', `SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)}`, /^opaque text too-deep$/],
  ['50,000 items', `DELETE FROM base WHERE id IN (${Array.from({ length: 50_000 }, (_, i) => i).join(', ')})`, /^delete public\.base$/],
  ['a megabyte in quotes', `SELECT id FROM base WHERE id::text = '${'x'.repeat(200_000)}'`, /^read public\.base$/],
])('%s', async (_what, text, first) => {
  const content = { relations: [relation(16_400, 'base', {})] };
  const maxed = await createPostgresInterpreter({ maxText: 2_000_000, deadline: 60_000 });
  const catalog = catalogOf({ format: 'guardrails-catalog/2', database: 'd', serverVersion: 180_000, version: 'v', functions: [], types: [], operators: [], casts: [], operatorClasses: [], eventTriggers: [], ...content });
  const found = lines(await maxed.interpret(text, catalog, { ...initialState, searchPath: ['public'] }));
  await maxed.close();
  expect(found[0]).toMatch(first);
});
