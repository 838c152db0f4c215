import { Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Outflow } from './outflow.ts';

/** Takes what is written to it, and says nothing. */
class Sink extends Socket {
  readonly taken: Buffer[] = [];
  override write(chunk: unknown): boolean {
    if (chunk instanceof Buffer) this.taken.push(chunk);
    return true;
  }
}

/** `join`: the piece lies behind the one before in the same buffer, as in a chunk from a client. */
const pieces = fc.array(fc.record({ text: fc.string({ minLength: 1, maxLength: 5 }), join: fc.boolean() }), { maxLength: 8 });

function addAll(out: Outflow, list: readonly { readonly text: string; readonly join: boolean }[]): string {
  for (let i = 0; i < list.length;) {
    let end = i + 1;
    while (list[end]?.join === true) end++;
    const run = list.slice(i, end);
    const buffer = Buffer.from(run.map(({ text }) => text).join(''));
    let at = 0;
    for (const { text } of run) out.add(buffer, at, at += Buffer.byteLength(text));
    i = end;
  }
  return list.map(({ text }) => text).join('');
}

test('what is put at a mark stands there, and what is kept behind one comes later', () => {
  fc.assert(fc.property(pieces, pieces, fc.boolean(), fc.boolean(), (before, after, inserts, keeps) => {
    const socket = new Sink();
    const out = new Outflow(socket);
    const whole = Buffer.from(`${before.map(({ text }) => text).join('')}${after.map(({ text }) => text).join('')}`);
    const length = Buffer.byteLength(before.map(({ text }) => text).join(''));
    // The mark lies inside one buffer.
    if (length > 0) out.add(whole, 0, length);
    const mark = out.mark();
    if (whole.length > length) out.add(whole, length, whole.length);
    const more = addAll(out, after);
    expect(out.behind(mark)).toBe(whole.length - length + Buffer.byteLength(more));
    if (keeps) {
      out.flushBefore(mark);
      expect(Buffer.concat(socket.taken)).toEqual(whole.subarray(0, length));
      if (inserts) out.insert({ piece: 0, bytes: 0 }, Buffer.from('|'));
    } else if (inserts) out.insert(mark, Buffer.from('|'));
    out.flush();
    expect(Buffer.concat(socket.taken).toString()).toBe(`${whole.toString('utf8', 0, length)}${inserts ? '|' : ''}${whole.toString('utf8', length)}${more}`);
  }));
});
