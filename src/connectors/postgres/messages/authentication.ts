import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { Writer } from '../../../wire/writer.ts';
import { saslText } from './password.ts';

/** The Authentication* family ('R'), section 54.7. `unsupported` names what this gate does not speak. */
export type Authentication =
  | { readonly kind: 'ok' | 'cleartext' }
  | { readonly kind: 'md5'; readonly salt: Buffer }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'sasl-continue' | 'sasl-final'; readonly message: string }
  | { readonly kind: 'unsupported'; readonly method: string };

/** Codes of section 54.7; 1 and 4 are from protocol 2 (KerberosV4, crypt). */
const otherMethods: ReadonlyMap<number, string> = new Map([[1, 'Kerberos V4'], [2, 'Kerberos V5'], [4, 'crypt'], [6, 'SCM credential'], [7, 'GSSAPI'], [8, 'GSSAPI'], [9, 'SSPI']]);

export function decodeAuthentication(body: Reader): Authentication {
  const code = body.uint32('authentication code');
  const decoded = decodeBody(code, body);
  body.end();
  return decoded;
}

function decodeBody(code: number, body: Reader): Authentication {
  switch (code) {
    case 0: return { kind: 'ok' };
    case 3: return { kind: 'cleartext' };
    case 5: return { kind: 'md5', salt: body.bytes(4, 'salt') };
    case 10: {
      const mechanisms: string[] = [];
      while (true) {
        const mechanism = body.cstring('SASL mechanism');
        if (mechanism === '') return { kind: 'sasl', mechanisms };
        mechanisms.push(mechanism);
      }
    }
    case 11: return { kind: 'sasl-continue', message: saslText(body.bytes(body.remaining, 'SASL message')) };
    case 12: return { kind: 'sasl-final', message: saslText(body.bytes(body.remaining, 'SASL message')) };
    default: {
      const method = otherMethods.get(code);
      if (method === undefined) throw new MalformedMessage('authentication code is unknown');
      body.bytes(body.remaining, 'authentication data');
      return { kind: 'unsupported', method };
    }
  }
}

export const authenticationOkMessage = new Writer(9).begin('R').uint32(0).finish().result();

export function encodeAuthenticationSasl(mechanisms: readonly string[]): Buffer {
  const writer = new Writer().begin('R').uint32(10);
  for (const mechanism of mechanisms) writer.cstring(mechanism);
  return writer.byte(0).finish().result();
}

export function encodeAuthenticationSaslContinue(message: string): Buffer {
  return new Writer().begin('R').uint32(11).bytes(Buffer.from(message)).finish().result();
}

export function encodeAuthenticationSaslFinal(message: string): Buffer {
  return new Writer().begin('R').uint32(12).bytes(Buffer.from(message)).finish().result();
}
