import { connect as connectSocket, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { PeerGone, readExactly } from '../../../wire/read-exactly.ts';
import { encodeSslRequest } from '../messages/startup.ts';
import { UpstreamFailure } from './failure.ts';
import type { UpstreamAddress, UpstreamOptions, UpstreamTls } from './options.ts';

const postgresAlpn = 'postgresql';

/** A connection, encrypted as the options want it; nothing of protocol 3 said yet. Throws `UpstreamFailure` or the signal's reason. */
export async function openSocket(options: Pick<UpstreamOptions, 'address' | 'tls'>, signal: AbortSignal): Promise<Socket | TLSSocket> {
  const { address, tls } = options;
  const socket = address.kind === 'unix' ? connectSocket({ path: address.path }) : connectSocket({ host: address.host, port: address.port, noDelay: true, keepAlive: true });
  socket.on('error', () => undefined);
  try {
    await eventOr(socket, 'connect', ['error', 'close'], signal, (why) => new UpstreamFailure('unreachable', why));
    // The server never speaks TLS on a unix socket.
    if (tls.mode === 'disable' || address.kind === 'unix') return socket;
    if (!tls.direct) await askForTls(socket, signal);
    return await secureClient(socket, address, tls, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function askForTls(socket: Socket, signal: AbortSignal): Promise<void> {
  socket.write(encodeSslRequest());
  const answer = (await readExactly(socket, 1, signal)).toString('latin1');
  // An `E` is not read further: whoever stands in the middle could have written it (CVE-2024-10977).
  if (answer !== 'S') throw new UpstreamFailure('tls', 'the server does not speak TLS');
  // CVE-2021-23222: bytes before the handshake are whoever's, and would be read as the server's answers.
  if (socket.readableLength > 0) throw new UpstreamFailure('tls', 'the server sent unencrypted data after its answer to SSLRequest');
}

async function secureClient(socket: Socket, address: UpstreamAddress & { kind: 'tcp' }, tls: UpstreamTls & { mode: 'require' | 'verify-full' }, signal: AbortSignal): Promise<TLSSocket> {
  const name = tls.serverName ?? address.host;
  const verifyName = tls.mode === 'verify-full';
  const secured = connectTls({
    socket, host: name, minVersion: 'TLSv1.2', ALPNProtocols: [postgresAlpn],
    // SNI carries no addresses (RFC 6066 section 3).
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }), ...(tls.certificate === undefined ? {} : { cert: tls.certificate }), ...(tls.key === undefined ? {} : { key: tls.key }),
    // As libpq's `require`: with a CA the chain is verified, only the name is not.
    rejectUnauthorized: verifyName || tls.ca !== undefined,
    ...(verifyName ? {} : { checkServerIdentity: () => undefined }),
  });
  secured.on('error', () => undefined);
  await eventOr(secured, 'secureConnect', ['error', 'close'], signal, (why) => new UpstreamFailure('tls', why));
  if (tls.direct && secured.alpnProtocol !== postgresAlpn) {
    secured.destroy();
    throw new UpstreamFailure('tls', 'the server did not choose the ALPN protocol `postgresql`');
  }
  return secured;
}

/** Rejects with the signal's reason, or with what `failed` makes of an error's message. */
function eventOr(socket: Socket, wanted: string, unwanted: readonly string[], signal: AbortSignal, failed: (why: string) => Error): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      socket.off(wanted, succeed);
      for (const event of unwanted) socket.off(event, fail);
      signal.removeEventListener('abort', abort);
      outcome();
    };
    const succeed = (): void => settle(resolve);
    const fail = (error?: unknown): void => settle(() => reject(failed(error instanceof Error ? error.message : 'the connection ended')));
    const abort = (): void => settle(() => reject(signal.reason instanceof Error ? signal.reason : new PeerGone('aborted')));
    socket.on(wanted, succeed);
    for (const event of unwanted) socket.on(event, fail);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
}
