import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { ChannelBinding } from '../../../core/identity.ts';
import { serverEndPoint } from '../../../wire/channel-binding.ts';
import { PeerGone } from '../../../wire/read-exactly.ts';

/** ALPN of PostgreSQL (IANA registry; PostgreSQL 18 documentation section 54.2.11). */
export const postgresAlpn = 'postgresql';

/** A listener's TLS, made once and shared by its connections. */
export interface ServerTls {
  readonly context: SecureContext;
  /** Undefined where the certificate's signature names no hash; then SCRAM-SHA-256-PLUS is not offered. */
  readonly binding: ChannelBinding | undefined;
  readonly clientCertificate: boolean;
}

/** PEM texts. With `clientCa` each client must present a certificate that it signed. Throws what OpenSSL says of wrong material. */
export function makeServerTls(material: { readonly certificate: string | Buffer; readonly key: string | Buffer; readonly clientCa?: string | Buffer | undefined }): ServerTls {
  const { certificate, key, clientCa } = material;
  return {
    context: createSecureContext({ cert: certificate, key, ...(clientCa === undefined ? {} : { ca: clientCa }), minVersion: 'TLSv1.2' }),
    binding: serverEndPoint(new X509Certificate(certificate)),
    clientCertificate: clientCa !== undefined,
  };
}

/** Runs the server's side of a handshake on a socket. Throws `PeerGone` with OpenSSL's reason, or the signal's reason; the socket is then destroyed. */
export async function secureServer(socket: Socket, tls: ServerTls, signal: AbortSignal): Promise<TLSSocket> {
  const secured = new TLSSocket(socket, {
    isServer: true, secureContext: tls.context, ALPNProtocols: [postgresAlpn], requestCert: tls.clientCertificate, rejectUnauthorized: tls.clientCertificate,
  });
  try {
    await handshake(secured, signal);
    if (tls.clientCertificate) checkClientCertificate(secured);
    return secured;
  } catch (error) {
    secured.destroy();
    socket.destroy();
    throw error;
  }
}

function handshake(secured: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      for (const event of ['_tlsError', 'error', 'close']) secured.off(event, failed);
      secured.off('secure', succeeded);
      signal.removeEventListener('abort', aborted);
      outcome();
    };
    const succeeded = (): void => settle(resolve);
    const failed = (error?: unknown): void => settle(() => reject(new PeerGone(`TLS handshake failed: ${error instanceof Error ? error.message : 'the connection ended'}`)));
    const aborted = (): void => settle(() => reject(signal.reason instanceof Error ? signal.reason : new PeerGone('aborted')));
    // A TLSSocket that no tls.Server made announces a broken handshake by `_tlsError`, and only then by `error`.
    for (const event of ['_tlsError', 'error', 'close']) secured.on(event, failed);
    secured.on('secure', succeeded);
    secured.on('error', () => undefined);
    signal.addEventListener('abort', aborted);
    if (signal.aborted) aborted();
  });
}

/** Only a tls.Server sets `authorized`; a TLSSocket of its own leaves the check of the chain to whoever made it. Fails closed where it cannot be asked. */
function checkClientCertificate(secured: TLSSocket): void {
  const handle: unknown = Reflect.get(secured, '_handle');
  const verifyError: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'verifyError') : undefined;
  if (typeof verifyError !== 'function') throw new PeerGone('client certificates cannot be checked on this runtime');
  const error: unknown = Reflect.apply(verifyError, handle, []);
  if (error !== null && error !== undefined) throw new PeerGone('TLS handshake failed: no valid client certificate');
  if (secured.getPeerX509Certificate() === undefined) throw new PeerGone('TLS handshake failed: no client certificate');
}
