import { readFileSync } from 'node:fs';
import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeServerTls } from './server-tls.ts';

const pem = (name: string): string => readFileSync(new URL(`../testdata/tls/${name}`, import.meta.url), 'utf8');

describe('the data that a login is bound to (RFC 5929 section 4.1)', () => {
  test.each([['server', 'sha256'], ['stranger', 'sha384']])('%s: the hash of its own signature, %s', (name, hash) => {
    const { raw } = new X509Certificate(pem(`${name}.crt`));
    expect(makeServerTls({ certificate: pem(`${name}.crt`), key: pem(`${name}.key`) }).binding).toEqual({ type: 'tls-server-end-point', data: createHash(hash).update(raw).digest() });
  });

  test('Ed25519 names no hash: nothing to bind to', () => {
    expect(makeServerTls({ certificate: pem('ed25519.crt'), key: pem('ed25519.key') }).binding).toBeUndefined();
  });

  test('a key that is not the certificate’s is an error when the listener is made', () => {
    expect(() => makeServerTls({ certificate: pem('server.crt'), key: pem('client.key') })).toThrow(/key values mismatch/u);
  });
});
