import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';
import { checkName, readName } from './name.ts';

/** Execute ('E'), section 54.7. */
export interface Execute {
  readonly portal: string;
  /** Zero and below mean no limit. */
  readonly maxRows: number;
}

export function decodeExecute(body: Reader): Execute {
  const portal = readName(body, 'portal name');
  const maxRows = body.int32('row limit');
  body.end();
  return { portal, maxRows };
}

export function encodeExecute({ portal, maxRows }: Execute): Buffer {
  return new Writer().begin('E').cstring(checkName(portal)).int32(maxRows).finish().result();
}
