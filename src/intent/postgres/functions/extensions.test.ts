import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BuiltinCall } from './builtins.ts';
import { lookupExtensionFunction } from './extensions.ts';
import { packs } from './packs.ts';
import { describeCall, parseCall } from './testing/describe-call.ts';
import { goldenCases, goldenResults } from './testing/golden.ts';
import { expectWellFormed } from './testing/expect-well-formed.ts';

const golden = new URL('testdata/extensions.effects', import.meta.url);
const hazards = [...packs].flatMap(([extension, pack]) => (pack.hazards ?? []).map(([name, acts]) => ({ extension, name, acts })));

/** `dblink.dblink_exec('...')`: the extension, and a call of its function. */
function parseLine(line: string): { readonly extension: string; readonly call: BuiltinCall } {
  const dot = line.indexOf('.');
  return { extension: line.slice(0, dot), call: parseCall(line.slice(dot + 1)) };
}

test('what functions of extensions do', () => {
  const results = goldenResults(golden, (input) => input.split('\n').map((line) => {
    const { extension, call } = parseLine(line);
    return describeCall(line, call, lookupExtensionFunction(extension, call.name, 'volatile', 'c'));
  }).join('\n'));
  for (const { expected, got } of results) expect(got).toBe(expected);
  expect(results.length).toBeGreaterThan(10);
});

test('each hazard stands in the golden file', () => {
  const shown = new Set(goldenCases(golden).flatMap(({ input }) => input.split('\n')).map((line) => `${parseLine(line).extension}.${parseLine(line).call.name}`));
  expect(hazards.map(({ extension, name }) => `${extension}.${name}`).filter((name) => !shown.has(name))).toEqual([]);
});

describe('lookup', () => {
  test('what only computes', () => {
    expect([lookupExtensionFunction('citext', 'citext_eq', 'immutable', 'c'), lookupExtensionFunction('unaccent', 'unaccent', 'stable', 'c'), lookupExtensionFunction('pgcrypto', 'gen_salt', 'volatile', 'c')])
      .toEqual([{ purity: 'pure' }, { purity: 'reads-state' }, { purity: 'reads-state' }]);
  });

  test('what nobody reviewed is not known: an extension, and a volatile function of a reviewed one', () => {
    expect(lookupExtensionFunction('evil', 'f', 'immutable', 'c')).toBeUndefined();
    expect(lookupExtensionFunction('citext', 'f', 'volatile', 'c')).toBeUndefined();
    expect(lookupExtensionFunction('constructor', 'toString', 'immutable', 'c')).toBeUndefined();
    expect(lookupExtensionFunction('lo', 'f', 'volatile', 'c')).toBeUndefined();
  });

  test('a hazard stays one, whatever volatility the catalog says it has', () => {
    for (const { extension, name } of hazards) for (const volatility of ['immutable', 'stable', 'volatile'] as const) expect(lookupExtensionFunction(extension, name, volatility, 'c')).toHaveProperty('effects');
  });
});

describe('effects', () => {
  const argument = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(undefined));

  test('are total and well formed for any arguments', () => {
    fc.assert(fc.property(fc.constantFrom(...hazards), fc.array(argument, { maxLength: 7 }), ({ name, acts }, args) => {
      expectWellFormed(acts({ name, args }));
    }), { numRuns: 2000 });
  });

  test('a call whose arguments are not seen does something', () => {
    for (const { name, acts } of hazards) expect(acts({ name, args: [] }).length).toBeGreaterThan(0);
  });

  test('a computed argument never does less than a constant one', () => {
    const width = ['none', 'one', 'bounded', 'unknown', 'all'];
    const widest = (acts: (typeof hazards)[number]['acts'], call: BuiltinCall): number => Math.max(-1, ...acts(call).map((effect) => ('extent' in effect ? width.indexOf(effect.extent) : 3)));
    fc.assert(fc.property(fc.constantFrom(...hazards), fc.array(fc.oneof(fc.string({ minLength: 1 }), fc.integer()), { minLength: 1, maxLength: 6 }), ({ name, acts }, args) => {
      expect(widest(acts, { name, args: args.map(() => undefined) })).toBeGreaterThanOrEqual(widest(acts, { name, args }));
    }));
  });
});
