import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PeerGone, readExactly, readSome } from './read-exactly.ts';

const never = new AbortController().signal;

test('reads across chunks and leaves the rest', async () => {
  const stream = new PassThrough();
  const read = readExactly(stream, 4, never);
  for (const chunk of ['a', 'bc', 'defg']) {
    stream.write(chunk);
    await turn();
  }
  expect((await read).toString()).toBe('abcd');
  expect((await readExactly(stream, 3, never)).toString()).toBe('efg');
  expect((await readExactly(stream, 0, never)).length).toBe(0);
});

test('or whatever is there', async () => {
  const stream = new PassThrough();
  const read = readSome(stream, never);
  stream.write('ab');
  expect((await read).toString()).toBe('ab');
  stream.end('c');
  expect((await readSome(stream, never)).toString()).toBe('c');
  await expect(readSome(stream, never)).rejects.toThrow(PeerGone);
});

// A stream that has less than is wanted must wait, not spin: the loop would never turn again, for anybody.
test('with too little there, the event loop goes on', async () => {
  const stream = new PassThrough();
  stream.write('a');
  const controller = new AbortController();
  const read = readExactly(stream, 2, controller.signal);
  await turn();
  await turn();
  controller.abort(new Error('enough'));
  await expect(read).rejects.toThrow('enough');
});

test.each([['nothing', ''], ['too little', 'a']])('an end after %s', async (_, bytes) => {
  const stream = new PassThrough();
  stream.end(bytes);
  await expect(readExactly(stream, 2, never)).rejects.toThrow(PeerGone);
});

test('a stream that breaks', async () => {
  const stream = new PassThrough();
  const read = readExactly(stream, 2, never);
  stream.on('error', () => undefined);
  stream.destroy(new Error('reset'));
  await expect(read).rejects.toThrow(PeerGone);
  await expect(readExactly(stream, 2, never)).rejects.toThrow(PeerGone);
});

test('leaves no listener behind', async () => {
  const stream = new PassThrough();
  const read = readExactly(stream, 2, never);
  stream.write('ab');
  await read;
  expect(stream.listenerCount('readable') + stream.listenerCount('error')).toBe(0);
});
