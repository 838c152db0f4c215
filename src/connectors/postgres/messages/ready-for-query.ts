import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';

/** ReadyForQuery ('Z'), section 54.7: idle, in a transaction block, in a failed transaction block. */
export type BackendStatus = 'I' | 'T' | 'E';

export function decodeReadyForQuery(body: Reader): BackendStatus {
  const status = String.fromCharCode(body.byte('transaction status'));
  if (status !== 'I' && status !== 'T' && status !== 'E') throw new MalformedMessage('transaction status is unknown');
  body.end();
  return status;
}

export function encodeReadyForQuery(status: BackendStatus): Buffer {
  return Buffer.from([0x5a, 0, 0, 0, 5, status.charCodeAt(0)]);
}
