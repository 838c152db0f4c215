import { crc32 } from 'node:zlib';

/** So that scanners and people can tell what it is. */
const prefix = 'grd_';
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^43 > 2^256: the least that holds 256 bits. */
const bodyLength = 43;
/** 62^6 > 2^32. */
const checksumLength = 6;

const secretForm = new RegExp(`^${prefix}([0-9A-Za-z]{${bodyLength}})([0-9A-Za-z]{${checksumLength}})$`);

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = alphabet.charAt(Number(rest % 62n)) + text;
  return text;
}

function checksum(body: string): string {
  return base62(BigInt(crc32(prefix + body)), checksumLength);
}

/**
 * `grd_`, 256 random bits and a CRC-32, in letters and digits only: it stands in a URL or a shell unescaped, and SASLprep (RFC 4013) leaves it
 * as it is. `random` MUST be 32 bytes from a cryptographic source.
 */
export function makeSecret(random: Buffer): string {
  if (random.length !== 32) throw new RangeError('a secret is made of 32 bytes');
  const body = base62(BigInt(`0x${random.toString('hex')}`), bodyLength);
  return prefix + body + checksum(body);
}

/** Whether a text is one of our secrets, of any principal, live or not: for scanners, and to tell a mistyped one. */
export function isSecret(text: string): boolean {
  const match = secretForm.exec(text);
  return match !== null && match[2] === checksum(match[1] ?? '');
}
