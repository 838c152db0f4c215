import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** DataRow ('D' from a server), section 54.7: views into the message's buffer; null is NULL. */
export function decodeDataRow(body: Reader): (Buffer | null)[] {
  const count = body.uint16('number of columns');
  if (count * 4 > body.remaining) throw new MalformedMessage('number of columns does not fit the message');
  const values = Array.from({ length: count }, () => {
    const length = body.int32('column length');
    return length === -1 ? null : body.bytes(length, 'column');
  });
  body.end();
  return values;
}

export function encodeDataRow(values: readonly (Uint8Array | null)[]): Buffer {
  const writer = new Writer().begin('D').uint16(values.length);
  for (const value of values) {
    if (value === null) writer.int32(-1);
    else writer.int32(value.length).bytes(value);
  }
  return writer.finish().result();
}
