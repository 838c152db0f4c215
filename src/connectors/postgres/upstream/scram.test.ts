import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Reader } from '../../../wire/reader.ts';
import { encodeAuthenticationSasl } from '../messages/authentication.ts';
import { decodeSaslInitialResponse } from '../messages/password.ts';
import { Login } from './login.ts';
import type { UpstreamOptions } from './options.ts';
import { saslprep } from './saslprep.ts';
import { ScramClient } from './scram.ts';
import { keysOf } from './scram-keys.ts';

const serverFirst = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
const client = (): ScramClient => new ScramClient(keysOf('pencil'), { flag: 'n' }, 'rOprNGfwEbeRWgbNEkqO');

describe('SCRAM-SHA-256', () => {
  test('as RFC 7677 section 3, but for the user name, which PostgreSQL leaves empty', async () => {
    const scram = client();
    expect(scram.first()).toBe('n,,n=,r=rOprNGfwEbeRWgbNEkqO');
    // Worked out with Python's hashlib and hmac.
    expect(await scram.final(serverFirst)).toBe('c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=');
    expect(scram.verify('v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg=')).toBe(true);
    expect(scram.verified).toBe(true);
  });

  test.each(['v=AAAA', 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='])('%s proves nothing', async (final) => {
    const scram = client();
    await scram.final(serverFirst);
    expect(scram.verify(final)).toBe(false);
    expect(scram.verified).toBe(false);
  });

  test.each([
    ['a nonce that is only ours', 'r=rOprNGfwEbeRWgbNEkqO,s=AAAA,i=4096'],
    ['an extension that must be known', `m=x,${serverFirst}`],
    ['something after the count', `${serverFirst},x=1`],
    ['no salt', 'r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096'],
    ['no iterations', 'r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=0'],
    ['iterations that would keep us busy', 'r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=2147483647'],
  ])('%s is malformed', async (_, message) => {
    await expect(client().final(message)).rejects.toThrow(/SCRAM/u);
  });

  test.each(['e=other-error', 'v=', 'v=AAAA,x=1'])('%s is malformed', async (message) => {
    const scram = client();
    await scram.final(serverFirst);
    expect(() => scram.verify(message)).toThrow('malformed SCRAM server-final-message');
  });
});

const certificate = (name: string): X509Certificate => new X509Certificate(readFileSync(new URL(`../testdata/tls/${name}.crt`, import.meta.url)));

describe('which mechanism, and how it is bound', () => {
  const options: UpstreamOptions = { address: { kind: 'unix', path: '/' }, tls: { mode: 'disable' }, user: 'u', password: 'p', connectTimeout: 1 };

  test.each([
    ['TLS, offered', certificate('server'), ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'], 'SCRAM-SHA-256-PLUS p=tls-server-end-point,,'],
    ['TLS, not offered: said, so that a downgrade shows', certificate('server'), ['SCRAM-SHA-256'], 'SCRAM-SHA-256 y,,'],
    ['TLS, nothing to bind to', certificate('ed25519'), ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'], 'SCRAM-SHA-256 n,,'],
    ['no TLS', undefined, ['SCRAM-SHA-256'], 'SCRAM-SHA-256 n,,'],
  ] as const)('%s', async (_, of, mechanisms, expected) => {
    const answer = await new Login(options, of, () => false).answer(new Reader(encodeAuthenticationSasl(mechanisms), 5));
    const { mechanism, message } = decodeSaslInitialResponse(new Reader(answer ?? Buffer.alloc(0), 5));
    expect(`${mechanism} ${message?.split('n=')[0] ?? ''}`).toBe(expected);
  });

  test('no password in clear where others can listen', async () => {
    await expect(new Login(options, undefined, () => false).answer(new Reader(Buffer.from('00000003', 'hex')))).rejects.toThrow('password in clear');
  });
});

describe('SASLprep (RFC 4013 section 3)', () => {
  test.each([['I\u00ADX', 'IX'], ['user', 'user'], ['USER', 'USER'], ['\u00AA', 'a'], ['\u2168', 'IX'], ['a\u00A0b', 'a b']])('%j gives %j', (from, to) => {
    expect(saslprep(from)).toBe(to);
  });
  test.each(['\u0007', '\u00AD', 'a\uFFFDb'])('%j is not allowed, and used as it is', (password) => {
    expect(saslprep(password)).toBe(password);
  });
});
