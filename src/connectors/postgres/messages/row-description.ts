import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** One column of a result. Origin is of bare columns only; both zero where there is none. */
export interface FieldDescription {
  readonly name: string;
  readonly tableOid: number;
  readonly columnNumber: number;
  readonly typeOid: number;
  /** Negative: variable width. */
  readonly typeSize: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary; 0 as well where Describe of a statement cannot know. */
  readonly format: number;
}

/** Bytes of a field at least: an empty name's NUL and 18 of fixed width. */
const shortestField = 19;

/** RowDescription ('T'), section 54.7. */
export function decodeRowDescription(body: Reader): FieldDescription[] {
  const count = body.uint16('number of fields');
  if (count * shortestField > body.remaining) throw new MalformedMessage('number of fields does not fit the message');
  const fields = Array.from({ length: count }, () => ({
    name: body.cstring('field name'), tableOid: body.uint32('table oid'), columnNumber: body.int16('column number'), typeOid: body.uint32('type oid'),
    typeSize: body.int16('type size'), typeModifier: body.int32('type modifier'), format: body.int16('format'),
  }));
  body.end();
  return fields;
}

export function encodeRowDescription(fields: readonly FieldDescription[]): Buffer {
  const writer = new Writer().begin('T').uint16(fields.length);
  for (const f of fields) {
    writer.cstring(f.name).uint32(f.tableOid).int16(f.columnNumber).uint32(f.typeOid).int16(f.typeSize).int32(f.typeModifier).int16(f.format);
  }
  return writer.finish().result();
}
