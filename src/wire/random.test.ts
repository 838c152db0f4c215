import { expect, test } from 'vitest';
import { pooledRandom } from './random.ts';

test('one draw serves many, nothing is given twice, and what was given is not kept', () => {
  let draws = 0;
  let pool: Buffer = Buffer.alloc(0);
  const random = pooledRandom((bytes) => {
    draws++;
    pool = bytes;
    for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32BE(draws * 0x1_0000 + at, at);
  });
  const given = Array.from({ length: 100 }, () => random(64).toString('hex'));
  expect(draws).toBe(2);
  expect(new Set(given).size).toBe(100);
  expect(given.filter((text) => pool.includes(Buffer.from(text, 'hex')))).toEqual([]);
  expect(() => random(5_000)).toThrow(RangeError);
});

test('is random when nothing else is said', () => {
  expect(pooledRandom()(32)).not.toEqual(pooledRandom()(32));
});
