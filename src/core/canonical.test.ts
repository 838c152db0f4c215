import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, type Json } from './canonical.ts';

/** RFC 8785 by the runtime's own parts, which know nothing of ours: each object's members in the order of their code units. */
function reference(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(reference).join(',')}]`;
  return `{${Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : [[key, member] as const]))
    .toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => `${JSON.stringify(key)}:${reference(member)}`).join(',')}}`;
}

const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof({ depthSize: 'small' }, fc.string({ unit: 'binary' }), fc.string({ unit: 'binary-ascii' }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.constant(null),
    fc.array(tie('json')), fc.dictionary(fc.string({ unit: 'binary' }), fc.option(tie('json'), { nil: undefined }))),
}));

test('members in order, everything written the shortest way, twice the same', () => {
  fc.assert(fc.property(json, (value) => {
    const text = canonicalJson(value);
    expect(text).toBe(reference(value));
    expect(canonicalJson(value)).toBe(text);
  }));
});

test('the order is by UTF-16 code units', () => {
  expect(canonicalJson({ '10': 1, 9: 2, '\u{1f600}': 3, '\ufb33': 4, '': 5, 'a"': 6 })).toBe('{"":5,"10":1,"9":2,"a\\"":6,"\u{1f600}":3,"\ufb33":4}');
});

test.each([['a lone surrogate', '\ud800'], ['one in a key', { '\udc00': 1 }], ['NaN', Number.NaN], ['an infinity', [Number.NEGATIVE_INFINITY]]])('%s has no form', (_, value) => {
  expect(() => canonicalJson(value)).toThrow(TypeError);
});
