import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseProxyHeader, proxyPrefixLength, proxyRestLength } from './proxy-protocol.ts';
import { MalformedMessage } from './reader.ts';

const signature = '0d0a0d0a000d0a515549540a';

function read(hex: string): string {
  const bytes = Buffer.from(hex.replaceAll('_', ''), 'hex');
  const prefix = bytes.subarray(0, proxyPrefixLength);
  try {
    const client = parseProxyHeader(prefix, bytes.subarray(proxyPrefixLength, proxyPrefixLength + proxyRestLength(prefix)));
    return client === undefined ? 'local' : `${client.address} ${client.port}`;
  } catch (error) {
    if (error instanceof MalformedMessage) return error.message;
    throw error;
  }
}

describe('PROXY protocol v2', () => {
  test.each([
    ['TCP over IPv4', '21_11_000c_c0000201_0a000001_d431_1538', '192.0.2.1 54321'],
    ['TCP over IPv6', '21_21_0024_20010db8000000000000000000000001_20010db8000000000000000000000002_d431_1538', '2001:db8::1 54321'],
    ['with extensions, TLS among them', '21_11_0017_c0000201_0a000001_d431_1538_20_0005_0100000000_04_0000', '192.0.2.1 54321'],
    ['a health check of the balancer itself', '20_00_0000', 'local'],
    ['LOCAL with addresses to be skipped', '20_11_000c_c0000201_0a000001_d431_1538', 'local'],
    ['no addresses known', '21_00_0000', 'local'],
    ['a unix socket', `21_31_00d8_${'00'.repeat(216)}`, 'local'],
    ['version 1', '11_11_000c_c0000201_0a000001_d431_1538', 'the PROXY protocol version is not 2'],
    ['a command from the future', '22_11_000c_c0000201_0a000001_d431_1538', 'the PROXY protocol command is unknown'],
    ['UDP', '21_12_000c_c0000201_0a000001_d431_1538', 'the PROXY protocol family is not one of a stream'],
    ['addresses cut short', '21_11_0008_c0000201_0a000001', 'source port runs past the end of the message'],
    ['an extension longer than the header', '21_11_000f_c0000201_0a000001_d431_1538_20_0001', 'extension runs past the end of the message'],
    ['half an extension', '21_11_000d_c0000201_0a000001_d431_1538_20', 'extension length runs past the end of the message'],
    ['a length that would be waited for', '21_11_ffff', 'the PROXY protocol header is too long'],
  ])('%s', (_, hex, expected) => {
    expect(read(`${signature}${hex}`)).toBe(expected);
  });

  test('another signature', () => {
    expect(read('50524f585920544350342031302e302e')).toBe('the connection does not begin with a PROXY protocol v2 header');
  });

  test('whatever the bytes, it answers or says MalformedMessage', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 60 }), (bytes) => typeof read(`${signature}${Buffer.from(bytes).toString('hex')}`) === 'string'));
    fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 60 }), (bytes) => typeof read(Buffer.from(bytes).toString('hex')) === 'string'));
  });
});
