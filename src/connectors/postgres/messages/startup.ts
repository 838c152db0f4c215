import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** Codes in the place of a version (section 54.7: 1234 in the upper 16 bits). */
const cancelCode = 80877102;
const sslCode = 80877103;
const gssCode = 80877104;

/** Section 54.7, BackendKeyData and CancelRequest: four bytes in 3.0, up to 256 in 3.2; PostgreSQL 18.1 requires four at least. */
export const shortestSecret = 4;
export const longestSecret = 256;

export interface CancelKey {
  /** The backend's process id, unsigned; towards our clients, the gateway's own numbering. */
  readonly process: number;
  readonly secret: Buffer;
}

/** A packet of the startup phase, without its length. */
export type StartupPacket =
  | { readonly kind: 'ssl' | 'gss' }
  | { readonly kind: 'cancel'; readonly key: CancelKey }
  | { readonly kind: 'startup'; readonly major: number; readonly minor: number; readonly parameters: ReadonlyMap<string, string> }
  | { readonly kind: 'other-version'; readonly major: number; readonly minor: number };

/** `body` begins after the length. What follows the version of another major version is not looked at: its layout is not ours to know. */
export function decodeStartupPacket(body: Reader): StartupPacket {
  const code = body.uint32('protocol version');
  if (code === sslCode || code === gssCode) {
    body.end();
    return { kind: code === sslCode ? 'ssl' : 'gss' };
  }
  if (code === cancelCode) {
    const process = body.uint32('process id');
    const length = body.remaining;
    if (length < shortestSecret || length > longestSecret) throw new MalformedMessage('cancel key has no possible length');
    return { kind: 'cancel', key: { process, secret: Buffer.from(body.bytes(length, 'cancel key')) } };
  }
  const major = code >>> 16;
  const minor = code & 0xffff;
  if (major !== 3) return { kind: 'other-version', major, minor };
  const parameters = new Map<string, string>();
  while (true) {
    const name = body.cstring('parameter name');
    if (name === '') break;
    // The server lets the last one win; two readers that disagree on it would let one of them be deceived.
    if (parameters.has(name)) throw new MalformedMessage('a startup parameter is given twice');
    parameters.set(name, body.cstring('parameter value'));
  }
  body.end();
  return { kind: 'startup', major, minor, parameters };
}

/** Throws `RangeError` for an empty name: it would end the packet. */
export function encodeStartup(minor: number, parameters: ReadonlyMap<string, string>): Buffer {
  const writer = new Writer().begin(undefined).uint32((3 << 16) | minor);
  for (const [name, value] of parameters) {
    if (name === '') throw new RangeError('a startup parameter has no name');
    writer.cstring(name).cstring(value);
  }
  return writer.byte(0).finish().result();
}

export function encodeSslRequest(): Buffer {
  return new Writer().begin(undefined).uint32(sslCode).finish().result();
}

export function encodeGssRequest(): Buffer {
  return new Writer().begin(undefined).uint32(gssCode).finish().result();
}

export function encodeCancelRequest(key: CancelKey): Buffer {
  return new Writer().begin(undefined).uint32(cancelCode).uint32(key.process).bytes(key.secret).finish().result();
}
