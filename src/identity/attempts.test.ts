import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressKey, Attempts } from './attempts.ts';

const here = '192.0.2.1';

function fail(attempts: Attempts, times: number, address: string, user: string, now = 0): void {
  for (let at = 0; at < times; at += 1) attempts.failed(address, user, now);
}

describe('one name from one address', () => {
  test('four wrong guesses are free, each later one locks for twice as long, to a quarter of an hour', () => {
    const attempts = new Attempts();
    fail(attempts, 4, here, 'ada');
    const waits = Array.from({ length: 12 }, () => {
      attempts.failed(here, 'ada', 0);
      return attempts.wait(here, 'ada', 0) / 1000;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  });

  test('is forgotten an hour after the last failure, or with the right secret', () => {
    const attempts = new Attempts();
    fail(attempts, 10, here, 'ada');
    attempts.failed(here, 'ada', 3_600_001);
    expect(attempts.wait(here, 'ada', 3_600_001)).toBe(0);
    fail(attempts, 10, here, 'ada', 3_600_001);
    attempts.succeeded(here, 'ada');
    expect(attempts.wait(here, 'ada', 3_600_001)).toBe(0);
  });

  test('never locks the name elsewhere, nor other names here', () => {
    const attempts = new Attempts();
    fail(attempts, 40, here, 'ada');
    expect(attempts.wait(here, 'ada', 0)).toBeGreaterThan(0);
    expect(attempts.wait('192.0.2.2', 'ada', 0)).toBe(0);
    expect(attempts.wait(here, 'bob', 0)).toBe(0);
  });
});

describe('all names from one address', () => {
  test('are locked after fifty, for at most a minute; a name that was proven there is not', () => {
    const attempts = new Attempts();
    attempts.succeeded(here, 'ada');
    for (let at = 0; at < 200; at += 1) attempts.failed(here, `guess${at}`, 0);
    expect(attempts.wait(here, 'bob', 0)).toBe(60_000);
    expect(attempts.wait(here, 'ada', 0)).toBe(0);
    expect(attempts.wait('192.0.2.2', 'bob', 0)).toBe(0);
  });

  test('one known secret does not pay for guesses at others', () => {
    const attempts = new Attempts();
    for (let at = 0; at < 60; at += 1) {
      attempts.failed(here, `guess${at}`, 0);
      attempts.succeeded(here, 'mallory');
    }
    expect(attempts.wait(here, 'bob', 0)).toBeGreaterThan(0);
  });
});

test('memory is bounded, whatever comes', () => {
  const attempts = new Attempts();
  for (let at = 0; at < 50_000; at += 1) attempts.failed(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, `user${at}`.repeat(100), 0);
  expect(attempts.size).toBe(2 * 16_384);
});

test.each([
  ['192.0.2.1', '192.0.2.1'], ['::ffff:192.0.2.1', '192.0.2.1'], ['::1', '0:0:0:0::/64'], ['2001:db8::1', '2001:db8:0:0::/64'], ['2001:DB8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64'], ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'], ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'], ['', ''],
])('%s is counted as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});

test('all of a /64 is one address, and no address is an error', () => {
  fc.assert(fc.property(fc.ipV6(), (address) => { expect(addressKey(address)).toMatch(/^(?:(?:[0-9a-f]{1,4}:){4}:\/64|\d+\.\d+\.\d+\.\d+)$/); }));
  fc.assert(fc.property(fc.string(), (address) => { expect(addressKey(address).length).toBeLessThanOrEqual(64); }));
});
