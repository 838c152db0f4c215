import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';
import { checkName, readName } from './name.ts';

/** What Describe ('D') and Close ('C') name, section 54.7. */
export interface StatementOrPortal {
  /** `S` a prepared statement, `P` a portal. */
  readonly kind: 'S' | 'P';
  readonly name: string;
}

function decodeStatementOrPortal(body: Reader): StatementOrPortal {
  const kind = String.fromCharCode(body.byte('kind'));
  if (kind !== 'S' && kind !== 'P') throw new MalformedMessage('kind is neither statement nor portal');
  const name = readName(body, 'name');
  body.end();
  return { kind, name };
}

function encodeStatementOrPortal(type: 'D' | 'C', { kind, name }: StatementOrPortal): Buffer {
  return new Writer().begin(type).byte(kind.charCodeAt(0)).cstring(checkName(name)).finish().result();
}

export const decodeDescribe = decodeStatementOrPortal;
export const decodeClose = decodeStatementOrPortal;

export function encodeDescribe(what: StatementOrPortal): Buffer { return encodeStatementOrPortal('D', what); }
export function encodeClose(what: StatementOrPortal): Buffer { return encodeStatementOrPortal('C', what); }
