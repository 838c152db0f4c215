import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mark } from './caret.ts';

function at(text: string, part: string): { start: number; end: number } {
  const start = Buffer.byteLength(text.slice(0, text.indexOf(part)));
  return { start, end: start + Buffer.byteLength(part) };
}

test('carets stand under the part, also behind letters of several bytes', () => {
  const text = 'SELECT "ü"; DROP TABLE x';
  expect(mark(text, at(text, 'DROP TABLE x'), 80)).toEqual({ line: 1, several: false, text, marks: '            ^^^^^^^^^^^^' });
});

test('the line of a text of several', () => {
  const text = 'SELECT 1;\n\tDROP TABLE x;\nSELECT 2';
  expect(mark(text, at(text, 'DROP TABLE x'), 80)).toEqual({ line: 2, several: true, text: ' DROP TABLE x;', marks: ' ^^^^^^^^^^^^' });
});

test('a part that goes on over lines is marked where it begins', () => {
  const text = 'DELETE\nFROM x';
  expect(mark(text, at(text, text), 80)).toEqual({ line: 1, several: true, text: 'DELETE', marks: '^^^^^^' });
});

test('a long line is cut around the part', () => {
  const text = `SELECT ${'a, '.repeat(50)}b; DROP TABLE x; SELECT ${'c, '.repeat(50)}d`;
  expect(mark(text, at(text, 'DROP TABLE x'), 40)).toEqual({ line: 1, several: false, text: '…a, a, a, a, b; DROP TABLE x; SELECT c,…', marks: '                ^^^^^^^^^^^^' });
});

test('control characters are shown, and carets are as wide as what is shown', () => {
  const text = 'a\u001Bb c';
  expect(mark(text, { start: 1, end: 2 }, 80)).toEqual({ line: 1, several: false, text: 'a\\u{1b}b c', marks: ' ^^^^^^' });
});

test('any span of any text gives one safe line that fits', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.nat(300), fc.nat(300), fc.integer({ min: 20, max: 90 }), (text, start, length, width) => {
    const marked = mark(text, { start, end: start + length }, width);
    expect(marked.text).not.toMatch(/\p{Cc}/u);
    expect(Array.from(marked.text).length).toBeLessThanOrEqual(width);
    expect(marked.marks.length).toBeLessThanOrEqual(width + 1);
    expect(marked.marks).toMatch(/^ *\^+$/);
  }));
});
