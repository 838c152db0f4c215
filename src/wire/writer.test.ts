import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

test('what is written is read back, wherever the buffer had to grow', () => {
  const field = fc.oneof(
    fc.nat({ max: 0xff }).map((value) => ({ kind: 'byte' as const, value })), fc.integer({ min: -0x8000, max: 0x7fff }).map((value) => ({ kind: 'int16' as const, value })),
    fc.nat({ max: 0xffff }).map((value) => ({ kind: 'uint16' as const, value })), fc.integer().map((value) => ({ kind: 'int32' as const, value })),
    fc.nat({ max: 0xffffffff }).map((value) => ({ kind: 'uint32' as const, value })),
  );
  fc.assert(fc.property(fc.array(field), fc.integer({ min: 1, max: 8 }), (fields, capacity) => {
    const writer = new Writer(capacity);
    for (const { kind, value } of fields) writer[kind](value);
    writer.cstring('end');
    const reader = new Reader(writer.result());
    expect(fields.map(({ kind }) => ({ kind, value: reader[kind]('field') }))).toEqual(fields);
    expect(reader.cstring('end')).toBe('end');
    reader.end();
  }));
});

test('a C string of any characters and length, but none with a NUL inside', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.string({ unit: 'binary-ascii', maxLength: 80 }));
  fc.assert(fc.property(fc.array(text), fc.integer({ min: 1, max: 8 }), (texts, capacity) => {
    const writer = new Writer(capacity);
    const written = texts.filter((one) => {
      if (one.includes('\0')) expect(() => writer.cstring(one)).toThrow(RangeError);
      else writer.cstring(one);
      return !one.includes('\0');
    });
    expect(writer.result().toString()).toBe(written.map((one) => `${one}\0`).join(''));
  }));
});

test('a message’s length counts itself, not its type', () => {
  expect(new Writer(1).begin('X').cstring('ab').finish().begin(undefined).finish().result().toString('hex')).toBe('580000000761620000000004');
});
