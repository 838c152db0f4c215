import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** The one-letter field types of section 54.8. */
export const errorFields = {
  severity: 'S', severityNonlocalized: 'V', code: 'C', message: 'M', detail: 'D', hint: 'H', position: 'P', internalPosition: 'p',
  internalQuery: 'q', where: 'W', schema: 's', table: 't', column: 'c', dataType: 'd', constraint: 'n', file: 'F', line: 'L', routine: 'R',
} as const;
export type ErrorFieldName = keyof typeof errorFields;

/** ErrorResponse ('E') and NoticeResponse ('N'), by field letter, in the order of arrival; unknown letters are kept. */
export type ErrorFields = ReadonlyMap<string, string>;

/** `severity` is the one that is not translated where the server sends it (PostgreSQL 9.6 and later). */
export interface ServerError {
  readonly severity: string;
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
}

/**
 * Text that is not valid UTF-8 is shown with replacement characters: before client_encoding is agreed on, a server speaks in
 * any encoding, and nothing is decided by an error's text.
 */
export function decodeErrorFields(body: Reader): ErrorFields {
  const fields = new Map<string, string>();
  while (true) {
    const letter = body.byte('field type');
    if (letter === 0) break;
    const name = String.fromCharCode(letter);
    if (fields.has(name)) throw new MalformedMessage('an error field is given twice');
    fields.set(name, body.lossyCstring('error field'));
  }
  body.end();
  return fields;
}

/** Fields that the server must send but did not are `ERROR`, `XX000` and empty. */
export function serverError(fields: ErrorFields): ServerError {
  return { severity: fields.get('V') ?? fields.get('S') ?? 'ERROR', code: fields.get('C') ?? 'XX000', message: fields.get('M') ?? '' };
}

function encodeFields(type: 'E' | 'N', fields: ErrorFields): Buffer {
  const writer = new Writer().begin(type);
  for (const [letter, value] of fields) {
    const code = letter.charCodeAt(0);
    if (letter.length !== 1 || code === 0 || code > 0xff) throw new RangeError('an error field is named by one byte');
    writer.byte(code).cstring(value);
  }
  return writer.byte(0).finish().result();
}

/** Throws `RangeError` where a value holds a NUL. */
export function encodeErrorResponse(fields: ErrorFields): Buffer { return encodeFields('E', fields); }
export function encodeNoticeResponse(fields: ErrorFields): Buffer { return encodeFields('N', fields); }

/** Fields by name; what is undefined is left out. `severity` gives both S and V. `position` counts characters from 1. */
export function errorFieldsOf(severity: 'ERROR' | 'FATAL' | 'PANIC' | 'WARNING' | 'NOTICE' | 'INFO' | 'LOG' | 'DEBUG', code: string, message: string,
  rest: { readonly detail?: string | undefined; readonly hint?: string | undefined; readonly position?: number | undefined } = {}): ErrorFields {
  const fields = new Map<string, string>([['S', severity], ['V', severity], ['C', code], ['M', message]]);
  if (rest.detail !== undefined) fields.set('D', rest.detail);
  if (rest.hint !== undefined) fields.set('H', rest.hint);
  if (rest.position !== undefined) fields.set('P', String(rest.position));
  return fields;
}
