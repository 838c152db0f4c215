import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';
import { checkName, readName } from './name.ts';

/** What a gate must know of a Bind: which portal is made from which statement. */
export interface BindHead {
  /** Empty: the unnamed portal. */
  readonly portal: string;
  /** Empty: the unnamed statement. */
  readonly statement: string;
}

/** 0 text, 1 binary (section 54.2.3, "Formats and Format Codes"). */
export type FormatCode = 0 | 1;

/** Bind ('B'), section 54.7. */
export interface Bind extends BindHead {
  /** Empty: all text; one: of all; else one a parameter. */
  readonly parameterFormats: readonly FormatCode[];
  /** Views into the message's buffer; null is NULL. */
  readonly parameters: readonly (Buffer | null)[];
  readonly resultFormats: readonly FormatCode[];
}

/** Bytes of a Bind's body that always hold its head: two names with their NULs. */
export const bindHeadLength = 128;

/** Of a Bind up to that length all is together before it is decided; of a longer one the head. Bytes, with the length's own four. */
export const wholeBind = 8192;

/** Needs the body's first `bindHeadLength` bytes (or all, when there are fewer); what follows is not looked at. */
export function decodeBindHead(body: Reader): BindHead {
  return { portal: readName(body, 'portal name'), statement: readName(body, 'statement name') };
}

function formats(body: Reader, field: string): FormatCode[] {
  const count = body.uint16(`number of ${field}s`);
  // Before anything is allocated for them.
  if (count * 2 > body.remaining) throw new MalformedMessage(`number of ${field}s does not fit the message`);
  return Array.from({ length: count }, () => {
    const code = body.uint16(field);
    if (code !== 0 && code !== 1) throw new MalformedMessage(`${field} is neither text nor binary`);
    return code;
  });
}

export function decodeBind(body: Reader): Bind {
  const head = decodeBindHead(body);
  const parameterFormats = formats(body, 'parameter format');
  const count = body.uint16('number of parameters');
  if (count * 4 > body.remaining) throw new MalformedMessage('number of parameters does not fit the message');
  if (parameterFormats.length > 1 && parameterFormats.length !== count) throw new MalformedMessage('number of parameter formats differs from that of parameters');
  const parameters = Array.from({ length: count }, () => {
    const length = body.int32('parameter length');
    return length === -1 ? null : body.bytes(length, 'parameter');
  });
  const resultFormats = formats(body, 'result format');
  body.end();
  return { ...head, parameterFormats, parameters, resultFormats };
}

export function encodeBind(bind: Bind): Buffer {
  const writer = new Writer().begin('B').cstring(checkName(bind.portal)).cstring(checkName(bind.statement)).uint16(bind.parameterFormats.length);
  for (const code of bind.parameterFormats) writer.uint16(code);
  writer.uint16(bind.parameters.length);
  for (const value of bind.parameters) {
    if (value === null) writer.int32(-1);
    else writer.int32(value.length).bytes(value);
  }
  writer.uint16(bind.resultFormats.length);
  for (const code of bind.resultFormats) writer.uint16(code);
  return writer.finish().result();
}
