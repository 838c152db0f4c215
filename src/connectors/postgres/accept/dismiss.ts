import type { Duplex } from 'node:stream';
import type { Refusal } from '../../../core/refusal.ts';
import { encodeRefusal } from '../messages/refusal.ts';

/** Milliseconds for a client to read why it is turned away. */
const lingerTime = 1_000;

/** Tells a client why (FATAL), ends the stream and resolves when it is closed, after a second at most. `sqlstate` as `encodeRefusal`'s. */
export async function dismiss(stream: Duplex, refusal: Refusal, sqlstate?: string): Promise<void> {
  if (stream.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => stream.destroy(), lingerTime);
    stream.once('close', () => { clearTimeout(timer); resolve(); });
    stream.end(encodeRefusal(refusal, undefined, 'FATAL', sqlstate));
    // Closing with unread bytes makes the kernel send RST, and the client then loses the message.
    stream.resume();
  });
}
