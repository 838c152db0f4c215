import type { Readable } from 'node:stream';

/** The peer ended or broke the connection before it had sent what was expected. */
export class PeerGone extends Error {
  override readonly name = 'PeerGone';
}

/**
 * Reads exactly that many bytes and leaves what follows in the stream: for the few messages before a conversation's own pump takes
 * over. One caller at a time. Throws `PeerGone`, or the signal's reason.
 */
export async function readExactly(stream: Readable, length: number, signal: AbortSignal): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  while (true) {
    signal.throwIfAborted();
    const chunk: unknown = stream.read(length);
    if (Buffer.isBuffer(chunk)) {
      // At its end a stream gives what it has left.
      if (chunk.length !== length) throw new PeerGone('the connection ended in the middle of a message');
      return chunk;
    }
    if (stream.readableEnded || stream.destroyed) throw new PeerGone('the connection ended');
    await nextEvent(stream, signal);
  }
}

function nextEvent(stream: Readable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      for (const event of ['readable', 'end', 'close', 'error']) stream.off(event, wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    for (const event of ['readable', 'end', 'close', 'error']) stream.on(event, wake);
    signal.addEventListener('abort', wake);
  });
}
