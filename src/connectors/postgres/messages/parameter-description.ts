import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** ParameterDescription ('t'), section 54.7: the oids of a statement's parameters. */
export function decodeParameterDescription(body: Reader): number[] {
  const count = body.uint16('number of parameters');
  if (count * 4 !== body.remaining) throw new MalformedMessage('number of parameters does not fit the message');
  return Array.from({ length: count }, () => body.uint32('parameter type'));
}

export function encodeParameterDescription(types: readonly number[]): Buffer {
  const writer = new Writer().begin('t').uint16(types.length);
  for (const oid of types) writer.uint32(oid);
  return writer.finish().result();
}
