import type { Span } from '../../core/effect.ts';

const identifierByte = (c: number): boolean =>
  (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x5f || c === 0x24 || c >= 0x80;
const quote = 0x22;
const dot = 0x2e;

/** A command's text, addressed by UTF-8 bytes as the parser's locations are. */
export class Source {
  readonly text: string;
  /** Length in bytes. */
  readonly length: number;
  readonly #ascii: boolean;
  #bytes: Buffer | undefined;

  constructor(text: string) {
    this.text = text;
    this.length = Buffer.byteLength(text);
    this.#ascii = this.length === text.length;
  }

  get bytes(): Buffer { return this.#bytes ??= Buffer.from(this.text); }

  slice(span: Span): string {
    return this.#ascii ? this.text.slice(span.start, span.end) : this.bytes.toString('utf8', span.start, span.end);
  }

  /** Of a statement whose raw length may be missing (the last one): without the white space around it. */
  statement(start: number, length: number): Span {
    let end = length > 0 ? Math.min(start + length, this.length) : this.length;
    let from = start;
    while (end > from && this.#blank(end - 1)) end--;
    while (from < end && this.#blank(from)) from++;
    return { start: from, end };
  }

  /** The (qualified, perhaps quoted) name that starts there. */
  name(start: number): Span {
    let at = start;
    for (;;) {
      at = this.#part(at);
      if (this.#at(at) !== dot) break;
      at++;
    }
    return { start, end: Math.max(at, Math.min(start + 1, this.length)) };
  }

  #part(start: number): number {
    let at = start;
    // U&"..."
    if ((this.#at(at) | 0x20) === 0x75 && this.#at(at + 1) === 0x26 && this.#at(at + 2) === quote) at += 2;
    if (this.#at(at) === quote) {
      for (at++; at < this.length; at++) if (this.#at(at) === quote && this.#at(++at) !== quote) break;
      return at;
    }
    while (at < this.length && identifierByte(this.#at(at))) at++;
    return at;
  }

  #blank(at: number): boolean {
    const c = this.#at(at);
    return c === 0x20 || (c >= 0x09 && c <= 0x0d) || c === 0x3b;
  }

  #at(at: number): number {
    return (this.#ascii ? this.text.charCodeAt(at) : this.bytes[at]) ?? 0;
  }
}
