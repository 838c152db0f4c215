import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { saslprep } from './saslprep.ts';

const derive = promisify(pbkdf2);
/** SHA-256's, in bytes. */
const keyLength = 32;

/** ClientKey, StoredKey and ServerKey of RFC 5802 section 3. */
export interface ScramKeys { readonly client: Buffer; readonly stored: Buffer; readonly server: Buffer }

/** `salt` is base64. */
export type KeysOf = (salt: string, iterations: number) => Promise<ScramKeys>;

/**
 * Keeps the last ones derived: they cost over a millisecond of CPU (4,096 iterations), and a role's salt stays the same until its password
 * changes. What is kept is worth as much as the password, which lies beside it.
 */
export function keysOf(password: string): KeysOf {
  let kept: { readonly of: string; readonly keys: Promise<ScramKeys> } | undefined;
  return (salt, iterations) => {
    const of = `${iterations} ${salt}`;
    if (kept?.of !== of) kept = { of, keys: deriveKeys(password, Buffer.from(salt, 'base64'), iterations) };
    return kept.keys;
  };
}

async function deriveKeys(password: string, salt: Buffer, iterations: number): Promise<ScramKeys> {
  const salted = await derive(saslprep(password), salt, iterations, keyLength, 'sha256');
  const client = createHmac('sha256', salted).update('Client Key').digest();
  return { client, stored: createHash('sha256').update(client).digest(), server: createHmac('sha256', salted).update('Server Key').digest() };
}
