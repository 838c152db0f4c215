/**
 * CRC-32 as in IEEE 802.3 and zlib (reflected polynomial 0xEDB88320), computed so that bytes which repeat cost nothing: the checksum is linear,
 * so that of `a || b` is `shift(crc(a), length(b)) ^ crc(b)`. A record of a template is a dozen known pieces with some sixty new bytes between.
 * Equal to `zlib.crc32` by test. CRC-32C would have done as well; this one is native in Node for who reads the files.
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

/** The register after one more byte. */
export function crcByte(register: number, byte: number): number {
  return (byteTable[(register ^ byte) & 0xff] ?? 0) ^ (register >>> 8);
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

/** What `length` zero bytes do to a register: 8 tables of 16, one a nibble. */
type Shift = Int32Array;

function applyShift(shift: Shift, register: number): number {
  return (shift[register & 15] ?? 0) ^ (shift[16 | ((register >>> 4) & 15)] ?? 0)
    ^ (shift[32 | ((register >>> 8) & 15)] ?? 0) ^ (shift[48 | ((register >>> 12) & 15)] ?? 0)
    ^ (shift[64 | ((register >>> 16) & 15)] ?? 0) ^ (shift[80 | ((register >>> 20) & 15)] ?? 0)
    ^ (shift[96 | ((register >>> 24) & 15)] ?? 0) ^ (shift[112 | ((register >>> 28) & 15)] ?? 0);
}

function shiftOf(step: (register: number) => number): Shift {
  const shift = new Int32Array(128);
  for (let nibble = 0; nibble < 8; nibble++) {
    for (let value = 1; value < 16; value++) shift[nibble * 16 + value] = step(value << (nibble * 4));
  }
  return shift;
}

/** Of 1, 2, 4, ... 65536 bytes. */
const powers: Shift[] = [shiftOf((register) => crcByte(register, 0))];
for (let k = 1; k <= 16; k++) {
  const half = powers[k - 1] ?? new Int32Array(128);
  powers.push(shiftOf((register) => applyShift(half, applyShift(half, register))));
}

/** Pieces of one length share a table (512 bytes); beyond this many lengths the memory starts afresh. */
const mostShifts = 4096;
const shifts = new Map<number, Shift>();

function shiftBy(length: number): Shift {
  const known = shifts.get(length);
  if (known !== undefined) return known;
  const shift = shiftOf((register) => powers.reduce((r, power, k) => ((length >>> k) & 1) === 1 ? applyShift(power, r) : r, register));
  if (shifts.size >= mostShifts) shifts.clear();
  shifts.set(length, shift);
  return shift;
}

/** Bytes that are checked once and then only moved. At most 131,071 of them. */
export class Piece {
  readonly bytes: Uint8Array;
  readonly #shift: Shift;
  readonly #own: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#shift = shiftBy(bytes.length);
    this.#own = crcBytes(0, bytes, 0, bytes.length);
  }

  /** The register after these bytes. */
  crc(register: number): number {
    return applyShift(this.#shift, register) ^ this.#own;
  }
}
