import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lookupBuiltin } from './builtins.ts';
import { immutableFunctions, stableFunctions, volatileFunctions } from './catalog-data.ts';
import { hazards } from './hazards.ts';
import { names } from './names.ts';
import { harmlessVolatile, informationSchemaFunctions } from './reviewed.ts';
import { describeCall, parseCall } from './testing/describe-call.ts';
import { goldenCases, goldenResults } from './testing/golden.ts';
import { expectWellFormed } from './testing/expect-well-formed.ts';

const golden = new URL('testdata/builtins.effects', import.meta.url);

function digest(block: string): string {
  return createHash('sha256').update(names(block).join(' ')).digest('hex').slice(0, 16);
}

test('what each built-in does', () => {
  const results = goldenResults(golden, (input) => input.split('\n').map((text) => describeCall(text, parseCall(text), lookupBuiltin(parseCall(text).name))).join('\n'));
  for (const { expected, got } of results) expect(got).toBe(expected);
  expect(results.length).toBeGreaterThan(20);
});

test('each hazard stands in the golden file', () => {
  const shown = new Set(goldenCases(golden).flatMap(({ input }) => input.split('\n')).map((line) => parseCall(line).name));
  const missing = [...hazards.keys()].filter((name) => !shown.has(name) && !name.startsWith('binary_upgrade_'));
  expect(missing).toEqual([]);
});

describe('the table is whole', () => {
  const all = [immutableFunctions, stableFunctions, volatileFunctions].flatMap(names);

  test('every function of pg_catalog is in it', () => {
    expect(all.length).toBe(new Set(all).size);
    expect(all.length).toBeGreaterThan(2750);
    expect(all.filter((name) => lookupBuiltin(name) === undefined)).toEqual([]);
  });

  test('a volatile function is either reviewed or opaque; now each one is reviewed', () => {
    const reviewed = new Set([...names(harmlessVolatile), ...hazards.keys()]);
    expect(names(volatileFunctions).filter((name) => !reviewed.has(name))).toEqual([]);
    expect(names(harmlessVolatile).filter((name) => hazards.has(name))).toEqual([]);
  });

  test('nothing is reviewed that does not exist', () => {
    const known = new Set(all);
    expect(names(harmlessVolatile).filter((name) => !known.has(name))).toEqual([]);
    expect([...hazards.keys()].filter((name) => !known.has(name))).toEqual([]);
  });

  test('stable and immutable functions are those that were looked through: a change of the lists asks for a new look', () => {
    expect({ immutable: digest(immutableFunctions), stable: digest(stableFunctions) }).toMatchInlineSnapshot(`
      {
        "immutable": "7f3955fc6c93e8c6",
        "stable": "762bab7cf61d4774",
      }
    `);
  });

  test('what no release has is not known, whatever an object has by that name', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'ABS', 'pg_read_file ', 'dblink', '']) expect(lookupBuiltin(name)).toBeUndefined();
    for (const name of names(informationSchemaFunctions)) expect(lookupBuiltin(name)).toHaveProperty('purity');
  });
});

describe('effects', () => {
  const argument = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.constant(undefined));

  test('are total and well formed for any arguments', () => {
    fc.assert(fc.property(fc.constantFrom(...hazards.keys()), fc.array(argument, { maxLength: 6 }), (name, args) => {
      expectWellFormed(hazards.get(name)?.({ name, args }) ?? []);
    }), { numRuns: 2000 });
  });

  test('a computed argument never does less than a constant one', () => {
    const width = ['none', 'one', 'bounded', 'unknown', 'all'];
    fc.assert(fc.property(fc.constantFrom(...hazards.keys()), fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }), (name, args) => {
      const acts = hazards.get(name);
      const constant = acts?.({ name, args }) ?? [];
      const computed = acts?.({ name, args: args.map(() => undefined) }) ?? [];
      expect(computed.length).toBeGreaterThanOrEqual(constant.length);
      constant.forEach((effect, i) => {
        const other = computed[i];
        if (other !== undefined && 'verb' in effect && 'verb' in other) expect(width.indexOf(other.extent)).toBeGreaterThanOrEqual(width.indexOf(effect.extent));
      });
    }));
  });
});
