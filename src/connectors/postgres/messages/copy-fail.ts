import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** CopyFail ('f'), section 54.7: why the client gives up its COPY. */
export function decodeCopyFail(body: Reader): string {
  const reason = body.cstring('reason');
  body.end();
  return reason;
}

export function encodeCopyFail(reason: string): Buffer {
  return new Writer().begin('f').cstring(reason).finish().result();
}
