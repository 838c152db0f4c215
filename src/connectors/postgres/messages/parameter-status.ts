import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** ParameterStatus ('S' from a server), section 54.7. */
export interface ParameterStatus {
  readonly name: string;
  readonly value: string;
}

export function decodeParameterStatus(body: Reader): ParameterStatus {
  const name = body.cstring('parameter name');
  const value = body.cstring('parameter value');
  body.end();
  return { name, value };
}

export function encodeParameterStatus(name: string, value: string): Buffer { return writeParameterStatus(new Writer(), name, value).result(); }

export function writeParameterStatus(writer: Writer, name: string, value: string): Writer { return writer.begin('S').cstring(name).cstring(value).finish(); }
