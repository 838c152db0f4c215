import { afterAll, describe, expect, test } from 'vitest';
import type { CatalogSnapshot, FunctionInfo, RelationInfo } from '../../core/catalog.ts';
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
