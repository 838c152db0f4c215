import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { decodeBase64 } from './base64.ts';

/** What the server keeps of a secret (RFC 5802 section 3): enough to check a proof, not enough to make one. */
export interface Verifier {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/**
 * Of every verifier, real or mock: a count of its own would tell that a name exists. The server never runs PBKDF2, so the count costs
 * only clients; the secret has 256 bits, which no count makes safer. 4096 is PostgreSQL's own default and the least that clients
 * accept (RFC 7677 section 4; the JDBC driver refuses less).
 */
export const iterations = 4096;
export const saltLength = 16;
/** SHA-256. */
export const keyLength = 32;

export function hmac(key: Buffer, text: string | Buffer): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

export function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Takes about a millisecond of CPU. `secret` MUST be printable ASCII: SASLprep is not applied. */
export function makeVerifier(secret: string, salt: Buffer): Verifier {
  if (!/^[\x21-\x7e]+$/.test(secret)) throw new RangeError('a secret is printable ASCII');
  const salted = pbkdf2Sync(secret, salt, iterations, keyLength, 'sha256');
  return { salt, iterations, storedKey: sha256(hmac(salted, 'Client Key')), serverKey: hmac(salted, 'Server Key') };
}

/** As PostgreSQL keeps it (documentation of pg_authid.rolpassword). */
export function formatVerifier(verifier: Verifier): string {
  return `SCRAM-SHA-256$${verifier.iterations}:${verifier.salt.toString('base64')}$${verifier.storedKey.toString('base64')}:${verifier.serverKey.toString('base64')}`;
}

/** Undefined for what is not a verifier as `makeVerifier` makes them. */
export function parseVerifier(text: string): Verifier | undefined {
  const match = /^SCRAM-SHA-256\$4096:([^$:]+)\$([^$:]+):([^$:]+)$/.exec(text);
  if (match === null) return undefined;
  const [salt, storedKey, serverKey] = [match[1], match[2], match[3]].map((part) => decodeBase64(part ?? ''));
  if (salt?.length !== saltLength || storedKey?.length !== keyLength || serverKey?.length !== keyLength) return undefined;
  return { salt, iterations, storedKey, serverKey };
}

/**
 * What a name without a secret is answered with: the same each time, like a real one, and unpredictable without `key`
 * (RFC 5802 section 9 warns of telling who exists). No proof fits it.
 */
export function mockVerifier(key: Buffer, name: string): Verifier {
  return {
    salt: hmac(key, `salt:${name}`).subarray(0, saltLength), iterations,
    storedKey: hmac(key, `stored:${name}`), serverKey: hmac(key, `server:${name}`),
  };
}
