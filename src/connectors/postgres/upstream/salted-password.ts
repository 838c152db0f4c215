import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { saslprep } from './saslprep.ts';

const derive = promisify(pbkdf2);
/** SHA-256's, in bytes. */
const keyLength = 32;

/** SaltedPassword of RFC 5802 section 3; `salt` is base64. */
export type SaltedPassword = (salt: string, iterations: number) => Promise<Buffer>;

/**
 * Keeps the last one derived: it costs over a millisecond of CPU (4,096 iterations), and a role's salt stays the same until its password
 * changes. What is kept is worth as much as the password, which lies beside it.
 */
export function saltedPassword(password: string): SaltedPassword {
  let kept: { readonly key: string; readonly salted: Promise<Buffer> } | undefined;
  return (salt, iterations) => {
    const key = `${iterations} ${salt}`;
    if (kept?.key !== key) kept = { key, salted: derive(saslprep(password), Buffer.from(salt, 'base64'), iterations, keyLength, 'sha256') };
    return kept.salted;
  };
}
