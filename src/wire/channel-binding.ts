import { createHash } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';
import type { ChannelBinding } from '../core/identity.ts';

/**
 * `tls-server-end-point` of a server's certificate (RFC 5929 section 4.1): its DER, hashed by the hash of its own signature, SHA-256
 * where that is MD5 or SHA-1. Undefined where the signature names no hash (Ed25519, RSA-PSS): there is then nothing both sides agree on.
 */
export function serverEndPoint(certificate: X509Certificate): ChannelBinding | undefined {
  const hash = /^(?:rsa-|ecdsa-with-|dsa-with-|dsa_with_)?(md5|sha1|sha224|sha256|sha384|sha512)(?:with\w+)?$/iu.exec(certificate.signatureAlgorithm ?? '')?.[1]?.toLowerCase();
  if (hash === undefined) return undefined;
  return { type: 'tls-server-end-point', data: createHash(hash === 'md5' || hash === 'sha1' ? 'sha256' : hash).update(certificate.raw).digest() };
}
