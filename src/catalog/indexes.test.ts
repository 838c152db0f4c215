import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Catalog, CatalogSnapshot, FunctionInfo, RelationInfo } from '../core/catalog.ts';
import { catalogAfter, catalogOf, type Indexed } from './snapshot.ts';

const schemas = ['a', 'b', 'c'];
const names = ['t', 'u', 'constructor', '__proto__'];

const object = fc.record({ oid: fc.integer({ min: 1, max: 12 }), schema: fc.constantFrom(...schemas), name: fc.constantFrom(...names) });
const state = fc.record({
  relations: fc.uniqueArray(object, { maxLength: 10, comparator: (x, y) => x.oid === y.oid || (x.schema === y.schema && x.name === y.name) }),
  functions: fc.uniqueArray(object, { maxLength: 10, selector: ({ oid }) => oid }),
});
type State = typeof state extends fc.Arbitrary<infer Made> ? Made : never;

const relation = (made: { oid: number; schema: string; name: string }): RelationInfo => ({ ...made, kind: 'table', columns: [], keys: [], triggers: [], referencedBy: [], children: [], views: [], rules: [], rowSecurity: false, code: [] });
const fn = (made: { oid: number; schema: string; name: string }): FunctionInfo => ({ ...made, kind: 'function', arguments: [String(made.oid)], defaults: 0, variadic: false, language: 'sql', volatility: 'stable', securityDefiner: false, settings: [] });

function kept<Info extends { readonly oid: number }>(one: Info, known: readonly Info[] | undefined): Info { return known?.find((old) => JSON.stringify(old) === JSON.stringify(one)) ?? one; }

/** As the loader does: by ascending oid, and what is as it was is the same object. */
function snapshotOf(made: State, before: CatalogSnapshot | undefined): CatalogSnapshot {
  return {
    format: 'guardrails-catalog/2', database: 'd', serverVersion: 180_000, version: JSON.stringify(made), types: [], operators: [], casts: [], operatorClasses: [], eventTriggers: [],
    relations: made.relations.toSorted((x, y) => x.oid - y.oid).map((one) => kept(relation(one), before?.relations)),
    functions: made.functions.toSorted((x, y) => x.oid - y.oid).map((one) => kept(fn(one), before?.functions)),
  };
}

function told(catalog: Catalog): unknown {
  const each = schemas.flatMap((schema) => names.map((name) => ({ schema, name })));
  return {
    version: catalog.version,
    named: each.map((name) => [catalog.relation(name, []), catalog.functions(name, [])]),
    searched: names.map((name) => [catalog.relation({ schema: undefined, name }, ['b', 'a']), catalog.functions({ schema: undefined, name }, ['c', 'b'])]),
    oids: Array.from({ length: 14 }, (_, oid) => [catalog.relationByOid(oid), catalog.functionByOid(oid)]),
    schemas: schemas.map((schema) => [new Set(catalog.inSchema(schema).relations), new Set(catalog.inSchema(schema).functions)]),
  };
}

test('indexes that follow find what indexes made anew find', async () => {
  await fc.assert(fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 8 }), async (states) => {
    let before: Indexed | undefined;
    for (const made of states) {
      const snapshot = snapshotOf(made, before?.indexes.snapshot);
      const earlier = before === undefined ? undefined : told(before.catalog);
      const after: Indexed = await catalogAfter(snapshot, before);
      expect(told(after.catalog)).toEqual(told(catalogOf(snapshot)));
      // Sessions may still hold it.
      if (before !== undefined) expect(told(before.catalog)).toEqual(earlier);
      before = after;
    }
  }), { numRuns: 300 });
});

function many(from: number): State { return { relations: Array.from({ length: 1_500 }, (_, n) => ({ oid: from + n, schema: 'a', name: `t${from + n}` })), functions: [] }; }

test('after many changes the whole is indexed anew', async () => {
  const first = await catalogAfter(snapshotOf(many(1), undefined), undefined);
  const second = await catalogAfter(snapshotOf(many(1_401), undefined), first);
  expect([first.indexes.changes, second.indexes.changes]).toEqual([0, 0]);
  expect(second.catalog.relation({ schema: 'a', name: 't1' }, [])).toBeUndefined();
  expect(second.catalog.relation({ schema: 'a', name: 't2900' }, [])?.oid).toBe(2_900);
});
