/**
 * Strict base64 (RFC 4648 section 4): undefined for white space, other alphabets, missing padding, or bits beyond the last byte. Node's own
 * decoder skips what it does not know, so that many texts would stand for the same bytes.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
