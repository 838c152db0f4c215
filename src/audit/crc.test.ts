import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crcBytes, crcEnd, crcStart, Piece } from './crc.ts';

test('pieces and bytes, in any order, give what zlib gives over the whole', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 700 })), { maxLength: 8 }), fc.nat(), (parts, sequence) => {
    let register = crcStart(sequence);
    for (const [piece, bytes] of parts) register = piece ? new Piece(bytes).crc(register) : crcBytes(register, bytes, 0, bytes.length);
    expect(crcEnd(register)).toBe(crc32(Buffer.concat(parts.map(([, bytes]) => bytes)), sequence));
  }));
});

test('the longest record', () => {
  const bytes = Buffer.alloc(65_535, 'abc');
  expect(crcEnd(new Piece(bytes).crc(crcStart(7)))).toBe(crc32(bytes, 7));
});
