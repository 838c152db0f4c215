import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressSet, formatDuration, formatSize, isCidr, isLoopback, parseDuration, parseHostPort, parseSize, parseUpstream } from './scalars.ts';

test('sizes and durations are read as they are written', () => {
  fc.assert(fc.property(fc.nat(999_999_999), (value) => {
    if (formatSize(value) !== '0') expect(parseSize(formatSize(value))).toBe(value);
    if (formatDuration(value) !== '0') expect(parseDuration(formatDuration(value))).toBe(value);
  }));
  expect([parseSize('256KiB'), parseSize('1GiB'), parseDuration('90s'), parseDuration('1d')]).toEqual([262_144, 2 ** 30, 90_000, 86_400_000]);
  for (const wrong of ['', '1', 'KiB', '1KB', '1 KiB', '1kib', '-1B', '1.5MiB', '9999999999B', '1KiB ', '１KiB']) expect(parseSize(wrong)).toBeUndefined();
  for (const wrong of ['', '30', '30 s', '30sec', '-1s', '1h30m', '1e3s']) expect(parseDuration(wrong)).toBeUndefined();
});

describe('loopback is what nobody else can reach', () => {
  test.each(['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', 'localhost', 'LocalHost', '::ffff:127.0.0.1'])('%s is', (host) => { expect(isLoopback(host)).toBe(true); });
  test.each(['0.0.0.0', '::', '128.0.0.1', '126.255.255.255', '10.0.0.1', '::2', '::ffff:10.0.0.1', 'localhost.example', 'db', '127.1', '', '127.0.0.1.example'])('%s is not', (host) => { expect(isLoopback(host)).toBe(false); });
});

describe('an address with a port', () => {
  test.each<readonly [string, string, number]>([['127.0.0.1:6432', '127.0.0.1', 6432], ['[::1]:1', '::1', 1], ['*:65535', '::', 65_535], ['localhost:0', '127.0.0.1', 0], ['gate-1.internal:6432', 'gate-1.internal', 6432]])('%s', (text, host, port) => {
    expect(parseHostPort(text, true)).toEqual({ value: { host, port } });
  });
  test.each(['6432', ':6432', '127.0.0.1', '127.0.0.1:', '127.0.0.1:65536', '::1:6432', '[::1]', '[127.0.0.1]:1', '127.0.0.256:1', '127.1:1', 'a b:1', 'user@host:1', 'http://x:1', 'x:1/y', '-x:1', ' x:1', 'x:1\n', '*:1:1'])('%j is none', (text) => {
    expect(parseHostPort(text, true)).toHaveProperty('problem');
  });
  test('where one connects to, there is neither everywhere nor port 0', () => {
    for (const text of ['*:1', '10.0.0.1:0']) expect(parseHostPort(text)).toHaveProperty('problem');
  });
});

describe('an upstream', () => {
  test.each<readonly [string, unknown]>([
    ['postgres://app@db/shop', { address: { kind: 'tcp', host: 'db', port: 5432 }, user: 'app', database: 'shop' }],
    ['postgresql://app@10.0.0.1:5433/shop', { address: { kind: 'tcp', host: '10.0.0.1', port: 5433 }, user: 'app', database: 'shop' }],
    ['postgres://app@[fd00::1]/shop', { address: { kind: 'tcp', host: 'fd00::1', port: 5432 }, user: 'app', database: 'shop' }],
    ['postgres://a%40b@db/sh%2Bop', { address: { kind: 'tcp', host: 'db', port: 5432 }, user: 'a@b', database: 'sh+op' }],
    ['postgres://app@/shop?host=/run/postgresql/', { address: { kind: 'unix', path: '/run/postgresql/.s.PGSQL.5432' }, user: 'app', database: 'shop' }],
    ['postgres://app@%2Frun%2Fpostgresql:5433/shop', { address: { kind: 'unix', path: '/run/postgresql/.s.PGSQL.5433' }, user: 'app', database: 'shop' }],
  ])('%s', (text, value) => { expect(parseUpstream(text)).toEqual({ value }); });

  test('no password gets through, wherever it is put', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, unit: fc.constantFrom('a', '1', '@', ':', '/', '?', '#', '%', ' ', '[', '\\', 'é') }), (password) => {
      for (const text of [`postgres://app:${password}@db/shop`, `postgres://app@db/shop?password=${password}`, `postgres://app@db/shop?user=x&password=${encodeURIComponent(password)}`]) {
        expect(parseUpstream(text)).toHaveProperty('problem');
      }
      expect(parseUpstream(`postgres://app:${encodeURIComponent(password)}@db/shop`)).toMatchObject({ problem: 'holds a password' });
    }));
  });

  test('any text has an answer, which does not repeat it', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.string({ unit: 'binary' }).map((text) => `postgres://Zq7${text}`)), (text) => {
      const read = parseUpstream(text);
      if ('problem' in read) expect(`${read.problem}${read.mend}`).not.toContain('Zq7');
    }), { numRuns: 500 });
  });
});

test('address ranges', () => {
  for (const right of ['10.0.0.0/8', '10.0.0.1', 'fd00::/8', '::1', '0.0.0.0/0']) expect(isCidr(right)).toBe(true);
  for (const wrong of ['10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'x', '', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1']) expect(isCidr(wrong)).toBe(false);
  const set = addressSet(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']);
  expect([set.check('10.9.9.9'), set.check('192.0.2.1'), set.check('192.0.2.2'), set.check('fd12::1', 'ipv6'), set.check('::1', 'ipv6')]).toEqual([true, true, false, true, false]);
});
