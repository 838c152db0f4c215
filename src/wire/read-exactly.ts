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
  const parts: Buffer[] = [];
  let missing = length;
  while (missing > 0) {
    signal.throwIfAborted();
    // What is there is taken, however little: a stream with something in its buffer says `readable` at once, and waiting for more would spin.
    const chunk: unknown = stream.readableLength === 0 ? null : stream.read(Math.min(missing, stream.readableLength));
    if (Buffer.isBuffer(chunk)) {
      parts.push(chunk);
      missing -= chunk.length;
    } else if (stream.readableEnded || stream.destroyed) {
      throw new PeerGone(parts.length > 0 ? 'the connection ended in the middle of a message' : 'the connection ended');
    } else await nextEvent(stream, signal);
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

/** Whatever is there, at least a byte; waits for it. Throws as `readExactly` does. */
export async function readSome(stream: Readable, signal: AbortSignal): Promise<Buffer> {
  while (true) {
    signal.throwIfAborted();
    const chunk: unknown = stream.read();
    if (Buffer.isBuffer(chunk)) return chunk;
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
