import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** CommandComplete ('C' from a server), section 54.7. */
export interface CommandComplete {
  /** The tag without its numbers: `INSERT`, `CREATE TABLE`. */
  readonly verb: string;
  /** Rows returned or affected; undefined where the tag has none. Counts above 2^53 lose their last digits. */
  readonly rows: number | undefined;
}

export function decodeCommandComplete(body: Reader): CommandComplete {
  const tag = body.cstring('command tag');
  body.end();
  const words = tag.split(' ');
  const rows = number(words.at(-1));
  if (rows === undefined) return { verb: tag, rows };
  words.pop();
  // `INSERT oid rows`: the oid is always 0 since PostgreSQL 12.
  if (number(words.at(-1)) !== undefined) words.pop();
  return { verb: words.join(' '), rows };
}

function number(word: string | undefined): number | undefined {
  return word !== undefined && /^\d+$/.test(word) ? Number(word) : undefined;
}

/** The rows of the tag in `[start, end)` (the body, NUL included) without making a string of it; 0 where it has none. */
export function rowsOfTag(bytes: Buffer, start: number, end: number): number {
  let rows = 0;
  let scale = 1;
  for (let at = end - 2; at >= start; at -= 1) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    rows += digit * scale;
    scale *= 10;
  }
  return rows;
}

export function encodeCommandComplete(tag: string): Buffer {
  return new Writer().begin('C').cstring(tag).finish().result();
}
