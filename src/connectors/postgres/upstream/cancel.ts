import { PeerGone } from '../../../wire/read-exactly.ts';
import { encodeCancelRequest } from '../messages/startup.ts';
import type { CancelKey } from '../messages/startup.ts';
import { UpstreamFailure } from './failure.ts';
import { openSocket } from './open-socket.ts';
import type { UpstreamOptions } from './options.ts';

/** Milliseconds. */
const cancelTimeout = 5_000;

/**
 * Asks the server to cancel what that session is doing, and resolves when the server has closed the connection: by then the signal has been
 * sent, so a command sent afterwards cannot be hit by it (section 54.2.8 says of it only that it may come too late). Resolves after
 * five seconds at the latest; throws `UpstreamFailure` when there was no connection.
 */
export async function cancelUpstream(options: Pick<UpstreamOptions, 'address' | 'tls'>, key: CancelKey, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(cancelTimeout)]);
  let socket;
  try {
    socket = await openSocket(options, deadline);
  } catch (error) {
    if (error instanceof UpstreamFailure || signal.aborted) throw error;
    throw new UpstreamFailure(error instanceof PeerGone ? 'unreachable' : 'timeout', 'no connection to cancel by');
  }
  const stream = socket;
  await new Promise<void>((resolve) => {
    const giveUp = (): void => { stream.destroy(); };
    stream.once('close', () => { deadline.removeEventListener('abort', giveUp); resolve(); });
    deadline.addEventListener('abort', giveUp);
    stream.write(encodeCancelRequest(key));
    stream.resume();
    if (deadline.aborted) giveUp();
  });
}
