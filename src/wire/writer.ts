/** Characters of a string that are written one by one. */
const SHORT = 64;

/**
 * Builds messages of the form `type byte, int32 length (itself included), body` in network byte order
 * (PostgreSQL 18 documentation, section 54.7). Several messages may be built into one buffer.
 */
export class Writer {
  #bytes: Buffer;
  #at = 0;
  #lengthAt = -1;

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  #room(length: number): number {
    const start = this.#at;
    const needed = start + length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, start);
      this.#bytes = larger;
    }
    this.#at = needed;
    return start;
  }

  /** Begins a message; `type` is undefined for the untyped packets of the startup phase. */
  begin(type: string | undefined): this {
    if (type !== undefined) this.byte(type.charCodeAt(0));
    this.#lengthAt = this.#room(4);
    return this;
  }

  /** Ends the message by filling in its length. */
  finish(): this {
    this.#bytes.writeInt32BE(this.#at - this.#lengthAt, this.#lengthAt);
    this.#lengthAt = -1;
    return this;
  }

  // `#room` may replace the buffer, so it comes before the buffer is named.
  byte(value: number): this { const at = this.#room(1); this.#bytes.writeUInt8(value, at); return this; }
  int16(value: number): this { const at = this.#room(2); this.#bytes.writeInt16BE(value, at); return this; }
  uint16(value: number): this { const at = this.#room(2); this.#bytes.writeUInt16BE(value, at); return this; }
  int32(value: number): this { const at = this.#room(4); this.#bytes.writeInt32BE(value, at); return this; }
  uint32(value: number): this { const at = this.#room(4); this.#bytes.writeUInt32BE(value, at); return this; }

  bytes(value: Uint8Array): this {
    const start = this.#room(value.length);
    this.#bytes.set(value, start);
    return this;
  }

  /** Throws `RangeError` for a NUL inside: it would end the field early, and what follows would be read as the next one. */
  cstring(value: string): this {
    if (value.length <= SHORT && this.#shortAscii(value)) return this;
    if (value.includes('\0')) throw new RangeError('a C string cannot hold a NUL');
    const length = Buffer.byteLength(value, 'utf8');
    const start = this.#room(length + 1);
    this.#bytes.write(value, start, length, 'utf8');
    this.#bytes[start + length] = 0;
    return this;
  }

  /** Most names and values are short and ASCII, and need no encoder. False, with nothing written, when it is not. */
  #shortAscii(value: string): boolean {
    const start = this.#room(value.length + 1);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code === 0 || code >= 0x80) {
        this.#at = start;
        return false;
      }
      this.#bytes[start + i] = code;
    }
    this.#bytes[start + value.length] = 0;
    return true;
  }

  /** What was built so far; a view that the next write may leave behind. */
  result(): Buffer { return this.#bytes.subarray(0, this.#at); }
}
