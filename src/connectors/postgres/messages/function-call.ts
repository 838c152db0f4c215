import type { Reader } from '../../../wire/reader.ts';

/** The function that a FunctionCall ('F', section 54.7) names. Its arguments are not read: the gate refuses the message whole. */
export function decodeFunctionCallOid(body: Reader): number {
  return body.uint32('function oid');
}
