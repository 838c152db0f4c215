import { randomFillSync } from 'node:crypto';

/** Bytes drawn at a time: OpenSSL takes as long for sixteen as for some hundred. */
const pool = 4096;

/** Random bytes, as `randomBytes` gives them: from the same source, with one call to it for many. What was given out is not kept. */
export function pooledRandom(fill: (bytes: Buffer) => void = randomFillSync): (length: number) => Buffer {
  const drawn = Buffer.alloc(pool);
  let at = pool;
  return (length) => {
    if (length > pool) throw new RangeError(`at most ${pool} random bytes at a time`);
    if (at + length > pool) {
      fill(drawn);
      at = 0;
    }
    const given = Buffer.alloc(length);
    given.set(drawn.subarray(at, at + length));
    drawn.fill(0, at, at + length);
    at += length;
    return given;
  };
}
