import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crcBytes, crcEnd, crcStart } from './crc.ts';

test('bytes in any parts give what zlib gives over the whole', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 8 }), fc.maxSafeNat(), (parts, sequence) => {
    let register = crcStart(sequence);
    for (const bytes of parts) register = crcBytes(register, bytes, 0, bytes.length);
    expect(crcEnd(register)).toBe(crc32(Buffer.concat(parts), sequence % 0x1_0000_0000));
  }));
});
