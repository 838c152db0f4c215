import { crcBytes, Piece } from './crc.ts';

/** What makes a record this one: its time, id and place. */
export interface Stamp {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** UUIDv7 (RFC 9562 section 5.7). */
  readonly uid: string;
  readonly sequence: number;
}

/**
 * Ids of one writer's records: UUIDv7 whose 26 bits behind the time are the sequence's lowest (the counter of RFC 9562 section 6.2, method 1) and
 * whose last 48 bits were drawn when the log was opened. So the id is known from time and sequence alone, and ids sort as the log does.
 */
export class RecordIds {
  readonly node: string;

  constructor(random: Uint8Array) {
    this.node = Buffer.from(random.subarray(0, 6)).toString('hex').padStart(12, '0');
  }

  uid(time: number, sequence: number): string {
    return `${uidTime(time)}${uidCounter(sequence)}-${this.node}`;
  }
}

/** `xxxxxxxx-xxxx-7` */
function uidTime(time: number): string {
  const hex = Math.max(0, time).toString(16).padStart(12, '0').slice(-12);
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
}

/** `xxx-xxxx`: 12 bits, the variant `10`, 14 bits. */
function uidCounter(sequence: number): string {
  const low = sequence % 0x400_0000;
  return `${(low >>> 14).toString(16).padStart(3, '0')}-${(0x8000 | (low & 0x3fff)).toString(16)}`;
}

/** A millisecond in the two forms in which records hold it, ready to be copied. */
class Instant {
  readonly time: number;
  readonly digits: Piece;
  readonly uid: Piece;

  constructor(time: number) {
    this.time = time;
    this.digits = new Piece(Buffer.from(String(time), 'latin1'));
    this.uid = new Piece(Buffer.from(uidTime(time), 'latin1'));
  }
}

/** Decimal digits of a whole number below 2^31. */
function digitsOf(value: number): number {
  if (value < 100_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : value < 10_000 ? 4 : 5;
  return value < 10_000_000 ? (value < 1_000_000 ? 6 : 7) : value < 100_000_000 ? 8 : value < 1_000_000_000 ? 9 : 10;
}

/** Outcomes look back to the times of their decisions; those of one moment share theirs. */
const rememberedInstants = 64;

const hexDigits = Buffer.from('0123456789abcdef', 'latin1');

/** Writes a record into `bytes` part by part and keeps its checksum. One is used for record after record. */
export class RecordPen {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  register = 0;
  readonly #node: Piece;
  readonly #instants: Instant[] = [];
  #latest = new Instant(0);

  constructor(ids: RecordIds) {
    this.#node = new Piece(Buffer.from(`-${ids.node}`, 'latin1'));
  }

  piece(piece: Piece): void {
    this.bytes.set(piece.bytes, this.at);
    this.at += piece.bytes.length;
    this.register = piece.crc(this.register);
  }

  time(time: number): void {
    this.piece(this.#instant(time).digits);
  }

  /** The same text as `RecordIds.uid`. */
  uid(time: number, sequence: number): void {
    this.piece(this.#instant(time).uid);
    const { bytes } = this;
    const start = this.at;
    const low = sequence % 0x400_0000;
    const high = low >>> 14;
    const rest = 0x8000 | (low & 0x3fff);
    bytes[start] = hexDigits[high >>> 8] ?? 0;
    bytes[start + 1] = hexDigits[(high >>> 4) & 15] ?? 0;
    bytes[start + 2] = hexDigits[high & 15] ?? 0;
    bytes[start + 3] = 0x2d;
    bytes[start + 4] = hexDigits[rest >>> 12] ?? 0;
    bytes[start + 5] = hexDigits[(rest >>> 8) & 15] ?? 0;
    bytes[start + 6] = hexDigits[(rest >>> 4) & 15] ?? 0;
    bytes[start + 7] = hexDigits[rest & 15] ?? 0;
    this.at = start + 8;
    this.register = crcBytes(this.register, bytes, start, this.at);
    this.piece(this.#node);
  }

  /** A whole number that is not negative, as JSON writes it. */
  number(value: number): void {
    const { bytes } = this;
    const start = this.at;
    if (value < 0x7fff_ffff) {
      const digits = digitsOf(value);
      let rest = value;
      for (let at = start + digits - 1; at >= start; at--) {
        const tenth = (rest / 10) | 0;
        bytes[at] = 0x30 + rest - tenth * 10;
        rest = tenth;
      }
      this.at = start + digits;
    } else {
      const text = JSON.stringify(value);
      for (let k = 0; k < text.length; k++) bytes[start + k] = text.charCodeAt(k);
      this.at = start + text.length;
    }
    this.register = crcBytes(this.register, bytes, start, this.at);
  }

  #instant(time: number): Instant {
    if (this.#latest.time === time) return this.#latest;
    const slot = time % rememberedInstants;
    const known = this.#instants[slot];
    if (known?.time === time) return known;
    const instant = new Instant(time);
    this.#instants[slot] = instant;
    if (time > this.#latest.time) this.#latest = instant;
    return instant;
  }
}
