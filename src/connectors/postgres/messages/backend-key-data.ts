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
  // In memory of its own: it is kept as long as its session, and a part of something larger would keep all of that.
  const secret = Buffer.alloc(length);
  secret.set(body.bytes(length, 'cancel key'));
  return { process, secret };
}

export function encodeBackendKeyData(key: CancelKey): Buffer { return writeBackendKeyData(new Writer(), key).result(); }

export function writeBackendKeyData(writer: Writer, key: CancelKey): Writer { return writer.begin('K').uint32(key.process).bytes(key.secret).finish(); }
