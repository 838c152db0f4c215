import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';
import { isSecret, makeSecret } from './secret.ts';

test('a secret has one form, known by heart to scanners', () => {
  // The checksum is zlib's, worked out elsewhere.
  expect(makeSecret(Buffer.alloc(32))).toBe('grd_00000000000000000000000000000000000000000003LnJxa');
  expect(makeSecret(Buffer.alloc(32, 255))).toMatch(/^grd_[0-9A-Za-z]{49}$/);
  expect(() => makeSecret(randomBytes(16))).toThrow(RangeError);
});

test('every secret stands in a URL unescaped and passes its checksum; different bytes give different secrets', () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array));
  fc.assert(fc.property(bytes, bytes, (one, other) => {
    const secret = makeSecret(one);
    expect(isSecret(secret)).toBe(true);
    expect(new URL(`postgres://ada:${secret}@localhost/db`).password).toBe(secret);
    expect(makeSecret(other) === secret).toBe(one.equals(other));
  }));
});

test('no change of one character passes the checksum', () => {
  fc.assert(fc.property(fc.nat(52), fc.constantFrom('0', 'A', 'a', 'z', '_', ' ', '-'), (at, character) => {
    const secret = makeSecret(randomBytes(32));
    const changed = secret.slice(0, at) + character + secret.slice(at + 1);
    expect(isSecret(changed)).toBe(changed === secret);
  }));
});

test.each<[string, number | undefined]>([
  ['90s', 90_000], ['15m', 900_000], ['8h', 28_800_000], ['30d', 2_592_000_000], ['2w', 1_209_600_000],
  ['0h', undefined], ['08h', undefined], ['8', undefined], ['h', undefined], ['8H', undefined], ['-8h', undefined], ['1.5h', undefined], ['8h30m', undefined], [' 8h', undefined], ['8h\n', undefined], ['1e3s', undefined], ['1000000s', undefined],
])('duration %j is %j ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});
