import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';
import { checkName, readName } from './name.ts';

/** Parse ('P'), section 54.7. */
export interface Parse {
  /** Empty: the unnamed statement. */
  readonly name: string;
  readonly text: string;
  /** Type oids; 0 where the server is to infer. May be shorter than the parameters are. */
  readonly parameterTypes: readonly number[];
}

export function decodeParse(body: Reader): Parse {
  const name = readName(body, 'statement name');
  const text = body.cstring('query text');
  const count = body.uint16('number of parameter types');
  if (count * 4 !== body.remaining) throw new MalformedMessage('number of parameter types does not fit the message');
  const parameterTypes = Array.from({ length: count }, () => body.uint32('parameter type'));
  body.end();
  return { name, text, parameterTypes };
}

export function encodeParse({ name, text, parameterTypes }: Parse): Buffer {
  const writer = new Writer(text.length + 96).begin('P').cstring(checkName(name)).cstring(text).uint16(parameterTypes.length);
  for (const oid of parameterTypes) writer.uint32(oid);
  return writer.finish().result();
}
