import { decodeBind } from '../../../src/connectors/postgres/messages/bind.ts';
import { decodeExecute } from '../../../src/connectors/postgres/messages/execute.ts';
import { decodeParse } from '../../../src/connectors/postgres/messages/parse.ts';
import { decodeQuery } from '../../../src/connectors/postgres/messages/query.ts';
import { Reader } from '../../../src/wire/reader.ts';
import type { Listener } from './listener.ts';

/** Codes in the place of a version: TLS and GSSAPI encryption (PostgreSQL 18 documentation, section 54.7). */
const encryptionCodes = new Set([80877103, 80877104]);
const cancelCode = 80877102;
const refused = Buffer.from('N');
/** A type byte and a length that counts itself (section 54.2). */
const header = 5;

/** Whole messages of a typed stream; what is left over waits for more. */
function* messages(bytes: Buffer): Generator<{ readonly type: string; readonly body: Buffer; readonly end: number }> {
  for (let at = 0; at + header <= bytes.length;) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) return;
    yield { type: String.fromCharCode(bytes[at] ?? 0), body: bytes.subarray(at + header, end), end };
    at = end;
  }
}

export class ClientStream {
  readonly #listener: Listener;
  readonly #answer: (bytes: Buffer) => void;
  #started = false;
  #left = Buffer.alloc(0);

  constructor(listener: Listener, answer: (bytes: Buffer) => void) {
    this.#listener = listener;
    this.#answer = answer;
  }

  push(chunk: Buffer): Buffer {
    this.#left = Buffer.concat([this.#left, chunk]);
    const on = this.#started ? chunk : this.#begin();
    if (!this.#started) return on;
    let taken = 0;
    for (const { type, body, end } of messages(this.#left)) {
      this.#hear(type, body);
      taken = end;
    }
    this.#left = this.#left.subarray(taken);
    return on;
  }

  /** Untyped messages, up to the one that has a version. */
  #begin(): Buffer {
    while (this.#left.length >= 8) {
      const length = this.#left.readInt32BE(0);
      const code = this.#left.readInt32BE(4);
      if (this.#left.length < length) return Buffer.alloc(0);
      if (!encryptionCodes.has(code)) {
        const on = this.#left;
        this.#started = code !== cancelCode;
        this.#left = this.#left.subarray(length);
        return on;
      }
      this.#left = this.#left.subarray(length);
      this.#answer(refused);
    }
    return Buffer.alloc(0);
  }

  #hear(type: string, body: Buffer): void {
    const reader = new Reader(body);
    switch (type) {
      case 'Q': this.#listener.query(decodeQuery(reader)); break;
      case 'P': this.#listener.parse(decodeParse(reader)); break;
      case 'B': this.#listener.bind(decodeBind(reader)); break;
      case 'E': this.#listener.execute(decodeExecute(reader).portal); break;
      case 'S': this.#listener.sync(); break;
      case 'F': this.#listener.functionCall(); break;
      default: break;
    }
  }
}

export class ServerStream {
  readonly #listener: Listener;
  #left = Buffer.alloc(0);

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  push(chunk: Buffer): Buffer {
    let taken = 0;
    this.#left = Buffer.concat([this.#left, chunk]);
    for (const { type, end } of messages(this.#left)) {
      this.#listener.answer(type);
      taken = end;
    }
    this.#left = this.#left.subarray(taken);
    return chunk;
  }
}
