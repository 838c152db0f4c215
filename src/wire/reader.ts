/** Bytes that do not form what they claim to be. The message names the field, never its content. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes UTF-8 strictly; a replacement character in its place would let the gate and the target read different text. */
export function decodeUtf8(bytes: Uint8Array, field: string): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new MalformedMessage(`${field} is not valid UTF-8`);
  }
}

/** Bytes of a string that are looked at one by one: most statements, which a decoder's call costs more than their bytes. */
const SHORT = 512;

/** Slots of the table below. A power of two. */
const RECENT = 256;

/** ASCII names that were read lately. Each Bind and Execute has some, mostly the same ones: a string that is made once is also hashed once. */
const recent: { readonly bytes: Uint8Array; readonly text: string }[] = [];

function recentName(bytes: Buffer, start: number, end: number): string {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
  const slot = (hash ^ (hash >>> 8)) & (RECENT - 1);
  const known = recent[slot];
  if (known !== undefined && isSame(known.bytes, bytes, start, end)) return known.text;
  const text = bytes.toString('latin1', start, end);
  recent[slot] = { bytes: Uint8Array.prototype.slice.call(bytes, start, end), text };
  return text;
}

function isSame(known: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let at = start; at < end; at++) if (known[at - start] !== bytes[at]) return false;
  return true;
}

/** Reads the fields of one message, in network byte order. Every read is bounded by the message's own end; past it, `MalformedMessage`. */
export class Reader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get remaining(): number { return this.#end - this.#at; }

  /** Offset of the next unread byte in the buffer that was given. */
  get offset(): number { return this.#at; }

  #take(length: number, field: string): number {
    if (length < 0 || length > this.#end - this.#at) throw new MalformedMessage(`${field} runs past the end of the message`);
    const start = this.#at;
    this.#at += length;
    return start;
  }

  byte(field: string): number { return this.#bytes.readUInt8(this.#take(1, field)); }
  int16(field: string): number { return this.#bytes.readInt16BE(this.#take(2, field)); }
  uint16(field: string): number { return this.#bytes.readUInt16BE(this.#take(2, field)); }
  int32(field: string): number { return this.#bytes.readInt32BE(this.#take(4, field)); }
  uint32(field: string): number { return this.#bytes.readUInt32BE(this.#take(4, field)); }

  /** A view, not a copy: valid as long as the buffer is. */
  bytes(length: number, field: string): Buffer {
    const start = this.#take(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  #untilNul(field: string): Buffer {
    const nul = this.#bytes.indexOf(0, this.#at);
    if (nul === -1 || nul >= this.#end) throw new MalformedMessage(`${field} has no end`);
    const bytes = this.#bytes.subarray(this.#at, nul);
    this.#at = nul + 1;
    return bytes;
  }

  /** A NUL-terminated string, strict UTF-8. */
  cstring(field: string): string {
    const start = this.#at;
    if (!this.#shortAscii()) return decodeUtf8(this.#untilNul(field), field);
    return this.#bytes.toString('latin1', start, this.#at - 1);
  }

  /** The same, of a name that is likely to come again. */
  name(field: string): string {
    const start = this.#at;
    if (!this.#shortAscii()) return decodeUtf8(this.#untilNul(field), field);
    return this.#at === start + 1 ? '' : recentName(this.#bytes, start, this.#at - 1);
  }

  /** Passes a short string without a byte above ASCII, and its NUL: no decoder is needed for it, nor a view. */
  #shortAscii(): boolean {
    const start = this.#at;
    for (let at = start; at < this.#end && at - start < SHORT; at++) {
      const byte = this.#bytes[at] ?? 0;
      if (byte >= 0x80) return false;
      if (byte !== 0) continue;
      this.#at = at + 1;
      return true;
    }
    return false;
  }

  /** A NUL-terminated string for people to read, never to decide by: bytes that are not UTF-8 become replacement characters. */
  lossyCstring(field: string): string { return this.#untilNul(field).toString('utf8'); }

  /** Bytes after the last field are a way to hide something from one of two readers. */
  end(): void {
    if (this.#at !== this.#end) throw new MalformedMessage(`${this.#end - this.#at} bytes after the last field`);
  }
}
