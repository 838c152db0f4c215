import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** Query ('Q'), PostgreSQL 18 documentation section 54.7: the text, which may hold several statements. */
export function decodeQuery(body: Reader): string {
  const text = body.cstring('query text');
  body.end();
  return text;
}

export function encodeQuery(text: string): Buffer {
  return new Writer(text.length + 16).begin('Q').cstring(text).finish().result();
}
