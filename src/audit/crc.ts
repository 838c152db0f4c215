/**
 * CRC-32 as in IEEE 802.3 and zlib (reflected polynomial 0xEDB88320), for a few bytes at a time, where a call into zlib would cost more than the
 * checksum. Equal to `zlib.crc32` by test.
 *
 * A *register* here is the checksum's inner state: inverted, as zlib keeps it between bytes.
 */
const polynomial = 0xedb8_8320;

const byteTable = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) register = (register & 1) === 1 ? (register >>> 1) ^ polynomial : register >>> 1;
  byteTable[byte] = register;
}

/** The register after bytes `[start, end)`. */
export function crcBytes(register: number, bytes: Uint8Array, start: number, end: number): number {
  let r = register;
  for (let at = start; at < end; at++) r = (byteTable[(r ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (r >>> 8);
  return r;
}

/** The register before the first byte of record `sequence`: so a record that stands at another's place has a wrong checksum. */
export function crcStart(sequence: number): number {
  return ~(sequence % 0x1_0000_0000);
}

/** The checksum, as an unsigned 32-bit number. */
export function crcEnd(register: number): number {
  return ~register >>> 0;
}
