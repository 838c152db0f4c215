import { decodeUtf8, MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';

/** PasswordMessage, SASLInitialResponse, SASLResponse share the type byte 'p' (section 54.7); which one it is, the conversation says. */
export function decodePassword(body: Reader): string {
  const password = body.cstring('password');
  body.end();
  return password;
}

export function encodePassword(password: string): Buffer {
  return new Writer().begin('p').cstring(password).finish().result();
}

export interface SaslInitialResponse {
  readonly mechanism: string;
  /** Undefined where the mechanism's client waits for a challenge first. */
  readonly message: string | undefined;
}

export function decodeSaslInitialResponse(body: Reader): SaslInitialResponse {
  const mechanism = body.cstring('SASL mechanism');
  const length = body.int32('length of the SASL message');
  if (length < -1) throw new MalformedMessage('length of the SASL message is negative');
  const message = length === -1 ? undefined : saslText(body.bytes(length, 'SASL message'));
  body.end();
  return { mechanism, message };
}

export function encodeSaslInitialResponse({ mechanism, message }: SaslInitialResponse): Buffer {
  const writer = new Writer().begin('p').cstring(mechanism);
  if (message === undefined) return writer.int32(-1).finish().result();
  const bytes = Buffer.from(message);
  return writer.int32(bytes.length).bytes(bytes).finish().result();
}

/** SASLResponse: the body is the mechanism's own message. */
export function decodeSaslResponse(body: Reader): string {
  return saslText(body.bytes(body.remaining, 'SASL message'));
}

export function encodeSaslResponse(message: string): Buffer {
  return new Writer().begin('p').bytes(Buffer.from(message)).finish().result();
}

/** SCRAM forbids NUL (RFC 5802 section 7, `safe`); PostgreSQL answers "malformed SCRAM message" to one. */
export function saslText(bytes: Buffer): string {
  if (bytes.includes(0)) throw new MalformedMessage('SASL message holds a NUL');
  return decodeUtf8(bytes, 'SASL message');
}
