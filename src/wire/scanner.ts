/** How a message type is treated: not of this direction, kept until whole, passed on in pieces. */
export type FrameMode = 'unknown' | 'whole' | 'stream';

export interface FrameRule {
  readonly type: string;
  readonly mode: Exclude<FrameMode, 'unknown'>;
  /** Largest length field (which counts itself, not the type byte) that is accepted. */
  readonly limit: number;
  /** For streamed types: bytes of the body that must be together before the first piece is shown. */
  readonly head?: number;
  /** Over the limit: skip the message and say `oversize` (true), or end the conversation (absent). */
  readonly skipOversize?: boolean;
}

/** The peer does not speak the protocol; the conversation cannot go on. */
export class FrameViolation extends Error {
  override readonly name = 'FrameViolation';
}

/** What `FrameScanner.next` found. `more`: nothing until the next `push`. `head`, then `part`s, make up one streamed frame. */
export type FrameEvent = 'more' | 'frame' | 'head' | 'part' | 'oversize';

const WHOLE = 1;
const STREAM = 2;
/** Type byte and int32 length (PostgreSQL 18 documentation, section 54.2: message formats overview). */
const HEADER = 5;

const nothing = Buffer.alloc(0);

/** The rules of one direction, made once and shared by all connections. */
export class FrameRules {
  readonly mode = new Uint8Array(256);
  readonly limit = new Uint32Array(256);
  readonly head = new Uint16Array(256);
  readonly skip = new Uint8Array(256);

  constructor(rules: readonly FrameRule[]) {
    for (const rule of rules) {
      const type = rule.type.charCodeAt(0);
      this.mode[type] = rule.mode === 'whole' ? WHOLE : STREAM;
      this.limit[type] = rule.limit;
      this.head[type] = rule.head ?? 0;
      this.skip[type] = rule.skipOversize === true ? 1 : 0;
    }
  }
}

/**
 * Finds the frames of a byte stream, in place, resumable at every byte, without an object a message: after `next` has answered, the frame
 * is `buffer[start, end)`. Limits are checked on the header, before anything is kept. The caller must take what it needs before the next call.
 */
export class FrameScanner {
  readonly #rules: FrameRules;
  buffer: Buffer = nothing;
  /** Type byte of the current frame. */
  type = 0;
  start = 0;
  end = 0;
  /** Bytes of a streamed frame that are still to come. */
  remaining = 0;
  #at = 0;
  #need = HEADER;
  /** Chunks that wait for `#need` to be reached; joined once, so that a message in many pieces costs no more than its length. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #skipping = false;

  constructor(rules: FrameRules) {
    this.#rules = rules;
  }

  /** Is the stream inside a frame of which a part was already shown? */
  get midFrame(): boolean { return this.remaining > 0; }

  push(chunk: Buffer): void {
    const left = this.buffer.length - this.#at + this.#waitingBytes;
    if (left === 0) {
      this.buffer = chunk;
      this.#at = 0;
      return;
    }
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (left + chunk.length >= this.#need) this.#join();
  }

  #join(): void {
    this.buffer = Buffer.concat([this.buffer.subarray(this.#at), ...this.#waiting]);
    this.#at = 0;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Throws `FrameViolation`. */
  next(): FrameEvent {
    const available = this.buffer.length - this.#at;
    if (available === 0) return this.#empty();
    if (this.remaining > 0) {
      this.start = this.#at;
      const taken = Math.min(this.remaining, available);
      this.#at += taken;
      this.end = this.#at;
      this.remaining -= taken;
      if (!this.#skipping) return 'part';
      if (this.remaining > 0) return 'more';
      this.#skipping = false;
      return this.next();
    }
    if (available < HEADER) return this.#more(HEADER);
    const type = this.buffer[this.#at] ?? 0;
    const length = this.buffer.readUInt32BE(this.#at + 1);
    const mode = this.#rules.mode[type];
    if (mode === 0) throw new FrameViolation(`unknown message type 0x${type.toString(16).padStart(2, '0')}`);
    if (length < 4) throw new FrameViolation(`a message of type ${display(type)} claims a length of ${length}`);
    const total = length + 1;
    this.type = type;
    if (length > (this.#rules.limit[type] ?? 0)) return this.#oversize(type, length);
    if (available >= total) {
      this.start = this.#at;
      this.end = this.#at + total;
      this.#at = this.end;
      return 'frame';
    }
    if (mode === WHOLE) return this.#more(total);
    const head = Math.min(total, HEADER + (this.#rules.head[type] ?? 0));
    if (available < head) return this.#more(head);
    this.start = this.#at;
    this.end = this.buffer.length;
    this.#at = this.end;
    this.remaining = total - available;
    return 'head';
  }

  #more(need: number): 'more' {
    this.#need = need;
    return 'more';
  }

  /** A session may be idle for hours: what was read is let go of. */
  #empty(): 'more' {
    this.buffer = nothing;
    this.#at = 0;
    return this.#more(HEADER);
  }

  #oversize(type: number, length: number): FrameEvent {
    if (this.#rules.skip[type] !== 1) throw new FrameViolation(`a message of type ${display(type)} claims ${length} bytes, more than the limit of ${this.#rules.limit[type]}`);
    const available = this.buffer.length - this.#at;
    const taken = Math.min(length + 1, available);
    this.start = this.#at;
    this.#at += taken;
    this.end = this.#at;
    this.remaining = length + 1 - taken;
    this.#skipping = this.remaining > 0;
    return 'oversize';
  }
}

function display(type: number): string {
  return type > 0x20 && type < 0x7f ? `\`${String.fromCharCode(type)}\`` : `0x${type.toString(16)}`;
}
