import { isIPv4, isIPv6 } from 'node:net';
import type { BlockList, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ChannelBinding } from '../../../core/identity.ts';
import { refusal } from '../../../core/refusal.ts';
import type { Refusal } from '../../../core/refusal.ts';
import { Deadline } from '../../../wire/deadline.ts';
import { parseProxyHeader, proxyPrefixLength, proxyRestLength } from '../../../wire/proxy-protocol.ts';
import { PeerGone, readExactly } from '../../../wire/read-exactly.ts';
import { MalformedMessage, Reader } from '../../../wire/reader.ts';
import { encodeNegotiateProtocolVersion } from '../messages/negotiate-protocol-version.ts';
import { decodeStartupPacket } from '../messages/startup.ts';
import type { CancelKey, StartupPacket } from '../messages/startup.ts';
import { readParameters } from './parameters.ts';
import type { ClientParameters } from './parameters.ts';
import { postgresAlpn, secureServer } from './server-tls.ts';
import type { ServerTls } from './server-tls.ts';

export interface AcceptOptions {
  /** Undefined: SSLRequest is answered `N`. */
  readonly tls: ServerTls | undefined;
  /** Turns clients away that did not use TLS. Cancel requests are taken all the same: libpq before 17 sends them in the clear. */
  readonly requireTls: boolean;
  /** Balancers that MUST begin each connection with a PROXY v2 header; others are not served. Undefined: no header is read. */
  readonly proxies: BlockList | undefined;
  /** Milliseconds from the first byte until the end of authentication. */
  readonly startupTimeout: number;
  /** Names of startup parameters, in lower case, that are passed on besides those always allowed. */
  readonly extraParameters: ReadonlySet<string>;
}

export interface ClientAddress {
  /** As the balancer says where there is one; `unix` for a unix socket. */
  readonly address: string;
  readonly port: number;
}

/** A client that has said who it wants to be; nothing is proven yet. */
export interface Arrived {
  readonly kind: 'arrived';
  /** Paused; bytes that came after the startup packet are still in it. Its errors are listened to: they show as `close`. */
  readonly stream: Socket | TLSSocket;
  readonly tls: boolean;
  /** What a login can be bound to. */
  readonly binding: ChannelBinding | undefined;
  readonly client: ClientAddress;
  readonly parameters: ClientParameters;
  /** Minor version of protocol 3 that both speak: 0 to 2. */
  readonly minor: number;
  /** Of the whole startup. Whoever ends that, ends it. */
  readonly deadline: Deadline;
}

/** `refused`: not told yet; the caller records it, then calls `dismiss`. `closed`: nobody to tell; the socket is destroyed. */
export type Accepted =
  | Arrived
  | { readonly kind: 'cancel'; readonly stream: Socket | TLSSocket; readonly key: CancelKey; readonly client: ClientAddress }
  | { readonly kind: 'refused'; readonly stream: Socket | TLSSocket; readonly client: ClientAddress; readonly user: string; readonly refusal: Refusal }
  | { readonly kind: 'closed'; readonly client: ClientAddress; readonly why: string };

/** MAX_STARTUP_PACKET_LENGTH (PostgreSQL's src/include/libpq/pqcomm.h), without the length itself. */
const longestStartupPacket = 10_000;
/** The newest minor version of protocol 3 that is spoken here (PostgreSQL 18). */
const newestMinor = 2;
/** First byte of a TLS record that holds a handshake (RFC 8446 section 5.1). */
const tlsHandshake = 0x16;

/**
 * A client's first bytes. One reader owns them; every wait ends with the signal or after `startupTimeout`. Rejects only with the
 * signal's reason, the socket then destroyed.
 */
export async function accept(socket: Socket, options: AcceptOptions, signal: AbortSignal): Promise<Accepted> {
  const deadline = new Deadline([signal], options.startupTimeout);
  socket.on('error', () => undefined);
  const conversation = new Startup(socket, options, deadline);
  try {
    const accepted = await conversation.run();
    if (accepted.kind !== 'arrived') deadline.over();
    return accepted;
  } catch (error) {
    deadline.over();
    if (error instanceof MalformedMessage && !conversation.silent) return conversation.refuse(refusal('protocol-violation', error.message, 'use a client that speaks protocol 3'));
    socket.destroy();
    if (signal.aborted) throw error;
    if (deadline.expired) return { kind: 'closed', client: conversation.client, why: 'the startup took too long' };
    if (error instanceof PeerGone || error instanceof MalformedMessage) return { kind: 'closed', client: conversation.client, why: error.message };
    throw error;
  }
}

class Startup {
  readonly #options: AcceptOptions;
  readonly #deadline: Deadline;
  readonly #socket: Socket;
  #stream: Socket | TLSSocket;
  #tls = false;
  /** Each question may be asked once; the server's own loop lets them alternate until its timeout. */
  #askedTls = false;
  #askedGss = false;
  client: ClientAddress;
  /** Nothing is answered to what cannot be taken for a client of PostgreSQL. */
  silent = true;

  constructor(socket: Socket, options: AcceptOptions, deadline: Deadline) {
    this.#socket = socket;
    this.#stream = socket;
    this.#options = options;
    this.#deadline = deadline;
    this.client = { address: plainAddress(socket.remoteAddress) ?? 'unix', port: socket.remotePort ?? 0 };
  }

  refuse(why: Refusal, user = ''): Accepted {
    return { kind: 'refused', stream: this.#stream, client: this.client, user, refusal: why };
  }

  async run(): Promise<Accepted> {
    if (this.#options.proxies !== undefined) await this.#readProxyHeader(this.#options.proxies);
    await this.#directTls();
    while (true) {
      const packet = await this.#readPacket();
      const done = await this.#take(packet);
      if (done !== undefined) return done;
    }
  }

  async #readProxyHeader(trusted: BlockList): Promise<void> {
    const { address } = this.client;
    if (!(isIPv4(address) && trusted.check(address, 'ipv4')) && !(isIPv6(address) && trusted.check(address, 'ipv6'))) throw new PeerGone('the peer is not a trusted balancer');
    const prefix = await readExactly(this.#socket, proxyPrefixLength, this.#deadline.signal);
    const rest = await readExactly(this.#socket, proxyRestLength(prefix), this.#deadline.signal);
    this.client = parseProxyHeader(prefix, rest) ?? this.client;
  }

  /** A startup packet cannot begin with this byte: it would be hundreds of megabytes long. */
  async #directTls(): Promise<void> {
    const first = await readExactly(this.#socket, 1, this.#deadline.signal);
    this.#socket.unshift(first);
    if (first[0] !== tlsHandshake) return;
    if (this.#options.tls === undefined) throw new PeerGone('TLS is not configured');
    const secured = await this.#secure(this.#options.tls);
    // Without ALPN a page in a browser, or another protocol's client, could be made to speak to a database (ALPACA).
    if (secured.alpnProtocol !== postgresAlpn) {
      secured.destroy();
      throw new PeerGone('direct TLS without the ALPN protocol `postgresql`');
    }
  }

  async #secure(tls: ServerTls): Promise<TLSSocket> {
    const secured = await secureServer(this.#socket, tls, this.#deadline.signal);
    this.#stream = secured;
    this.#tls = true;
    return secured;
  }

  async #readPacket(): Promise<StartupPacket> {
    const length = (await readExactly(this.#stream, 4, this.#deadline.signal)).readUInt32BE() - 4;
    if (length < 4 || length > longestStartupPacket) throw new PeerGone('invalid length of startup packet');
    const body = await readExactly(this.#stream, length, this.#deadline.signal);
    this.silent = false;
    return decodeStartupPacket(new Reader(body));
  }

  async #take(packet: StartupPacket): Promise<Accepted | undefined> {
    switch (packet.kind) {
      case 'ssl': return this.#answerSslRequest();
      case 'gss': return this.#answerGssRequest();
      case 'cancel': return { kind: 'cancel', stream: this.#stream, key: packet.key, client: this.client };
      case 'other-version': return this.refuse(unsupportedVersion(packet.major, packet.minor));
      case 'startup': return this.#arrive(packet);
      default: return packet satisfies never;
    }
  }

  async #answerSslRequest(): Promise<Accepted | undefined> {
    if (this.#askedTls) return this.refuse(unsupportedVersion(1234, 5679));
    this.#askedTls = true;
    if (this.#stream.readableLength > 0) return this.refuse(unencrypted('SSL request'));
    const { tls } = this.#options;
    if (tls === undefined || this.#tls) {
      this.#stream.write('N');
      return undefined;
    }
    this.#askedGss = true;
    // The write and the hand-over of the socket are one turn: no byte can arrive in the clear between them and be kept.
    this.#stream.write('S');
    await this.#secure(tls);
    return undefined;
  }

  #answerGssRequest(): Accepted | undefined {
    if (this.#askedGss) return this.refuse(unsupportedVersion(1234, 5680));
    this.#askedGss = true;
    if (this.#stream.readableLength > 0) return this.refuse(unencrypted('GSSAPI encryption request'));
    this.#stream.write('N');
    return undefined;
  }

  #arrive(packet: StartupPacket & { kind: 'startup' }): Accepted {
    const user = packet.parameters.get('user') ?? '';
    if (this.#options.requireTls && !this.#tls) {
      return this.refuse(refusal('tls-required', 'this listener takes TLS connections only', 'connect with sslmode=require, better verify-full'), user);
    }
    const parameters = readParameters(packet.parameters, this.#options.extraParameters);
    if (parameters.refused) return this.refuse(parameters, user);
    const minor = Math.min(packet.minor, newestMinor);
    if (packet.minor > newestMinor || parameters.protocolOptions.length > 0) {
      this.#stream.write(encodeNegotiateProtocolVersion({ minor, unsupported: parameters.protocolOptions }));
    }
    const binding = this.#tls ? this.#options.tls?.binding : undefined;
    return { kind: 'arrived', stream: this.#stream, tls: this.#tls, binding, client: this.client, parameters, minor, deadline: this.#deadline };
  }
}

/** IPv4 in IPv6's clothes (a dual-stack listener) is shown and matched as IPv4. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/iu, '');
}

function unsupportedVersion(major: number, minor: number): Refusal {
  return refusal('unsupported-feature', `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.${newestMinor}`, 'use a client of PostgreSQL 7.4 or later');
}

/** CVE-2021-23214: what came before the handshake was not encrypted, whoever sent it, and must never be read as if it had been. */
function unencrypted(after: string): Refusal {
  return refusal('protocol-violation', `received unencrypted data after ${after}`, 'wait for the answer to the request before sending more',
    { detail: ['This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.'] });
}
