import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameRules, FrameScanner, FrameViolation } from './scanner.ts';

const rules = new FrameRules([
  { type: 'Q', mode: 'whole', limit: 64, skipOversize: true },
  { type: 'd', mode: 'stream', limit: 1 << 20 },
  { type: 'B', mode: 'stream', limit: 1 << 20, head: 8 },
  { type: 'S', mode: 'whole', limit: 4 },
]);

function frame(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 0, 'latin1');
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** What a scanner shows of a stream cut at the given places: per message its type, its bytes, and whether it was too large. */
function scanned(stream: Buffer, cuts: readonly number[]): string[] {
  const scanner = new FrameScanner(rules);
  const seen: string[] = [];
  let streamed: Buffer[] = [];
  let at = 0;
  for (const cut of [...cuts, stream.length].toSorted((a, b) => a - b)) {
    scanner.push(stream.subarray(at, cut));
    at = cut;
    for (let event = scanner.next(); event !== 'more'; event = scanner.next()) {
      const bytes = Buffer.from(scanner.buffer.subarray(scanner.start, scanner.end));
      const type = String.fromCharCode(scanner.type);
      if (event === 'frame') seen.push(`${type} ${bytes.toString('hex')}`);
      else if (event === 'oversize') seen.push(`${type} oversize`);
      else {
        streamed = event === 'head' ? [bytes] : [...streamed, bytes];
        if (event === 'head' && type === 'B') expect(bytes.length).toBeGreaterThanOrEqual(13);
        if (scanner.remaining === 0) seen.push(`${type} ${Buffer.concat(streamed).toString('hex')}`);
      }
    }
  }
  return seen;
}

const messages = fc.array(fc.oneof(
  fc.record({ type: fc.constantFrom('Q', 'd', 'B'), body: fc.uint8Array({ maxLength: 120 }) }),
  fc.record({ type: fc.constant('S'), body: fc.constant(new Uint8Array()) }),
), { maxLength: 8 });

describe('FrameScanner', () => {
  it('finds the same frames wherever the stream is cut', () => {
    fc.assert(fc.property(messages, fc.array(fc.nat(1000), { maxLength: 20 }), (list, cuts) => {
      const stream = Buffer.concat(list.map((m) => frame(m.type, Buffer.from(m.body))));
      const expected = list.map((m) => m.type === 'Q' && m.body.length + 4 > 64 ? 'Q oversize' : `${m.type} ${frame(m.type, Buffer.from(m.body)).toString('hex')}`);
      expect(scanned(stream, cuts.map((cut) => Math.min(cut, stream.length)))).toEqual(expected);
      expect(scanned(stream, Array.from({ length: stream.length }, (_, i) => i))).toEqual(expected);
    }), { numRuns: 200 });
  });

  it('holds nothing of what was read, in a session that is idle', () => {
    const scanner = new FrameScanner(rules);
    scanner.push(frame('Q', Buffer.from('SELECT 1')));
    expect([scanner.next(), scanner.buffer.length]).toEqual(['frame', 13]);
    expect([scanner.next(), scanner.buffer.length]).toEqual(['more', 0]);
  });

  it('never throws anything but FrameViolation, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        scanned(Buffer.from(bytes), [3, 50]);
      } catch (error) {
        expect(error).toBeInstanceOf(FrameViolation);
      }
    }));
  });

  it.each([
    ['an unknown type', Buffer.from('Z\0\0\0\x04', 'latin1'), 'unknown message type 0x5a'],
    ['a length below 4', Buffer.from('S\0\0\0\x03', 'latin1'), 'claims a length of 3'],
    ['a length over the limit', Buffer.from('S\x7f\0\0\0', 'latin1'), 'more than the limit of 4'],
  ])('refuses %s from the header alone', (_, bytes, message) => {
    expect(() => scanned(bytes, [])).toThrow(message);
  });
});
