import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf } from './lines.ts';

async function* chunks(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> { yield* parts; }

async function read(parts: readonly Uint8Array[], longest = 100): Promise<(string | undefined)[]> {
  const lines: (string | undefined)[] = [];
  for await (const line of linesOf(chunks(parts), longest)) lines.push('bytes' in line ? line.bytes.toString('latin1') : undefined);
  return lines;
}

test('lines however they come, with or without a carriage return and a last newline', async () => {
  expect(await read([Buffer.from('a\r\n\nb')])).toEqual(['a', '', 'b']);
  expect(await read([Buffer.from('a\n')])).toEqual(['a']);
  expect(await read([])).toEqual([]);
});

test('a line that is too long is said to be, and what follows is read', async () => {
  expect(await read([Buffer.from('12345\n123456\n1\n'), Buffer.from('123'), Buffer.from('4567')], 5)).toEqual(['12345', undefined, '1', undefined]);
});

test('where the stream is cut makes no difference', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.array(fc.nat(60)), async (bytes, cuts) => {
    const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
    const parts = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
    expect(await read(parts, 10)).toEqual(await read([bytes], 10));
  }));
});
