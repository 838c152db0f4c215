import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';
import { longestSecret, shortestSecret } from './startup.ts';
import type { CancelKey } from './startup.ts';

/** BackendKeyData ('K'), section 54.7; before 3.2 the secret is four bytes. */
export function decodeBackendKeyData(body: Reader, minor: number): CancelKey {
  const process = body.uint32('process id');
  const length = body.remaining;
  if (length < shortestSecret || length > longestSecret || (minor < 2 && length !== 4)) throw new MalformedMessage('cancel key has no possible length');
  return { process, secret: Buffer.from(body.bytes(length, 'cancel key')) };
}

export function encodeBackendKeyData(key: CancelKey): Buffer {
  return new Writer().begin('K').uint32(key.process).bytes(key.secret).finish().result();
}
