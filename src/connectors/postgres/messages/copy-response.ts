import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** The body of CopyInResponse ('G'), CopyOutResponse ('H') and CopyBothResponse ('W'), section 54.7. */
export interface CopyResponse {
  readonly format: 'text' | 'binary';
  /** One a column: 0 text, 1 binary. */
  readonly columnFormats: readonly number[];
}

export function decodeCopyResponse(body: Reader): CopyResponse {
  const format = body.byte('copy format');
  if (format > 1) throw new MalformedMessage('copy format is neither text nor binary');
  const count = body.uint16('number of columns');
  if (count * 2 !== body.remaining) throw new MalformedMessage('number of columns does not fit the message');
  const columnFormats = Array.from({ length: count }, () => body.uint16('column format'));
  body.end();
  return { format: format === 0 ? 'text' : 'binary', columnFormats };
}

export function encodeCopyResponse(type: 'G' | 'H' | 'W', { format, columnFormats }: CopyResponse): Buffer {
  const writer = new Writer().begin(type).byte(format === 'text' ? 0 : 1).uint16(columnFormats.length);
  for (const code of columnFormats) writer.uint16(code);
  return writer.finish().result();
}
