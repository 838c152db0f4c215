import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** The function that a FunctionCall ('F', section 54.7) names. Its arguments are not read: the gate refuses the message whole. */
export function decodeFunctionCallOid(body: Reader): number {
  return body.uint32('function oid');
}

/** A call with arguments and result in text; null is NULL. */
export function encodeFunctionCall(oid: number, args: readonly (string | null)[]): Buffer {
  const writer = new Writer().begin('F').uint32(oid).uint16(0).uint16(args.length);
  for (const value of args) {
    if (value === null) writer.int32(-1);
    else {
      const bytes = Buffer.from(value);
      writer.int32(bytes.length).bytes(bytes);
    }
  }
  return writer.uint16(0).finish().result();
}
