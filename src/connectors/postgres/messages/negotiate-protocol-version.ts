import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** NegotiateProtocolVersion ('v'), section 54.7. */
export interface NegotiateProtocolVersion {
  readonly minor: number;
  /** `_pq_.` options that are not supported. */
  readonly unsupported: readonly string[];
}

/** Some servers send the minor version, as the documentation says; PostgreSQL itself sends the whole (`SendNegotiateProtocolVersion`). */
export function decodeNegotiateProtocolVersion(body: Reader): NegotiateProtocolVersion {
  const version = body.uint32('protocol version');
  const major = version >>> 16;
  if (major !== 0 && major !== 3) throw new MalformedMessage('the protocol version offered is not of version 3');
  const count = body.uint32('number of options');
  if (count > body.remaining) throw new MalformedMessage('number of options does not fit the message');
  const unsupported = Array.from({ length: count }, () => body.cstring('option'));
  body.end();
  return { minor: version & 0xffff, unsupported };
}

export function encodeNegotiateProtocolVersion({ minor, unsupported }: NegotiateProtocolVersion): Buffer {
  const writer = new Writer().begin('v').uint32((3 << 16) | minor).uint32(unsupported.length);
  for (const option of unsupported) writer.cstring(option);
  return writer.finish().result();
}
