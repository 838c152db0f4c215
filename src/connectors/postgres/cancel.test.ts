import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Log } from '../../core/log.ts';
import { type CancelAddress, CancelRegistry, packAddress, unpackAddress } from './cancel.ts';

const limits = { gateway: fc.integer({ min: 1, max: 1023 }), worker: fc.integer({ min: 0, max: 31 }), slot: fc.integer({ min: 0, max: 65_535 }) };

function registry(): { readonly registry: CancelRegistry; readonly forwarded: CancelAddress[]; readonly said: string[]; at: number } {
  const forwarded: CancelAddress[] = [];
  const said: string[] = [];
  const log: Log = { debug: () => undefined, info: () => undefined, warn: (message, fields) => { said.push(`${message} ${JSON.stringify(fields)}`); }, error: () => undefined };
  const made = { forwarded, said, at: 0 };
  return Object.assign(made, { registry: new CancelRegistry({ gateway: 3, worker: 1, forward: (to) => { forwarded.push(to); }, clock: () => made.at, log }) });
}

function registered(on: CancelRegistry, minor: number): { readonly key: { readonly process: number; readonly secret: Buffer }; readonly hits: () => number; readonly release: () => void } {
  let hits = 0;
  const key = on.register(minor, { cancel: () => { hits++; return Promise.resolve(); } });
  if (key === undefined) throw new Error('no slot');
  return { key, hits: () => hits, release: () => on.release(key.process) };
}

describe('cancel keys', () => {
  test('hold gateway, worker and slot in 31 bits', () => {
    fc.assert(fc.property(fc.record(limits), (address) => {
      const packed = packAddress(address);
      expect(packed).toBeGreaterThan(0);
      expect(packed).toBeLessThan(2 ** 31);
      expect(unpackAddress(packed)).toEqual(address);
    }));
  });

  test('have as long a secret as the protocol lets them', () => {
    const { registry: on } = registry();
    expect([registered(on, 0).key.secret.length, registered(on, 2).key.secret.length]).toEqual([4, 32]);
  });

  test('cancel their own session and no other', async () => {
    const { registry: on } = registry();
    const [a, b] = [registered(on, 2), registered(on, 2)];
    await on.request(a.key, 'x');
    expect([a.hits(), b.hits()]).toEqual([1, 0]);
    await on.request({ process: b.key.process, secret: a.key.secret }, 'x');
    await on.request({ process: a.key.process, secret: a.key.secret.subarray(0, 4) }, 'x');
    await on.request({ process: a.key.process, secret: Buffer.alloc(0) }, 'x');
    expect([a.hits(), b.hits()]).toEqual([1, 0]);
  });

  test('are good for nothing after the session, nor for the next one in its slot', async () => {
    const { registry: on } = registry();
    const gone = registered(on, 0);
    gone.release();
    const others = Array.from({ length: 65_536 }, () => registered(on, 0));
    expect(on.register(0, { cancel: () => Promise.resolve() })).toBeUndefined();
    await on.request(gone.key, 'x');
    const same = others.find(({ key }) => key.process === gone.key.process);
    expect([gone.hits(), same?.hits()]).toEqual([0, 0]);
  });

  test('right ones work, however many wrong ones came from their address or were passed on', async () => {
    const bench = registry();
    const mine = registered(bench.registry, 0);
    for (let i = 0; i < 2_000; i++) {
      await bench.registry.request({ process: mine.key.process, secret: Buffer.from('nope') }, 'nat');
      await bench.registry.forwarded({ process: mine.key.process, secret: Buffer.from('nope') });
      await bench.registry.request({ process: packAddress({ gateway: 4, worker: 0, slot: 0 }), secret: Buffer.from('nope') }, 'nat');
    }
    await bench.registry.request(mine.key, 'nat');
    await bench.registry.forwarded(mine.key);
    await bench.registry.request({ process: packAddress({ gateway: 4, worker: 0, slot: 0 }), secret: Buffer.from('good') }, 'nat');
    expect([mine.hits(), bench.forwarded.length]).toEqual([2, 2_001]);
  });

  test('many wrong ones in a minute are worth one line of the log', async () => {
    const bench = registry();
    const guess = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await bench.registry.request({ process: packAddress({ gateway: 3, worker: 1, slot: i }), secret: Buffer.from('nope') }, 'eve');
    };
    await guess(99);
    expect(bench.said).toEqual([]);
    await guess(300);
    expect(bench.said).toEqual(['somebody may be guessing cancel keys {"wrong":100,"lastFrom":"eve"}']);
    bench.at = 60_001;
    await guess(100);
    expect(bench.said).toHaveLength(2);
  });

  test('do not tell by one session where the others are', () => {
    const { registry: on } = registry();
    const slots = Array.from({ length: 64 }, () => unpackAddress(registered(on, 0).key.process).slot);
    const steps = slots.slice(1).map((slot, index) => slot - (slots[index] ?? 0));
    expect(new Set(steps).size).toBeGreaterThan(50);
    // All 64 in the same quarter: one in 4^63.
    expect(new Set(slots.map((slot) => slot >> 14)).size).toBeGreaterThan(1);
  });

  test('of another worker or gateway are passed on', async () => {
    const bench = registry();
    await bench.registry.request({ process: packAddress({ gateway: 3, worker: 2, slot: 7 }), secret: Buffer.alloc(4) }, 'x');
    await bench.registry.request({ process: packAddress({ gateway: 4, worker: 1, slot: 7 }), secret: Buffer.alloc(4) }, 'x');
    expect(bench.forwarded).toEqual([{ gateway: 3, worker: 2, slot: 7 }, { gateway: 4, worker: 1, slot: 7 }]);
  });

  test('that were passed on are looked at once more, and not passed on again', async () => {
    const bench = registry();
    const mine = registered(bench.registry, 2);
    await bench.registry.forwarded(mine.key);
    await bench.registry.forwarded({ ...mine.key, secret: Buffer.alloc(32) });
    await bench.registry.forwarded({ process: packAddress({ gateway: 9, worker: 0, slot: 0 }), secret: Buffer.alloc(4) });
    expect([mine.hits(), bench.forwarded.length]).toEqual([1, 0]);
  });
});
