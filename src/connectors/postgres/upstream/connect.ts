import { isIPv4, isIPv6 } from 'node:net';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Deadline } from '../../../wire/deadline.ts';
import { PeerGone, readSome } from '../../../wire/read-exactly.ts';
import { MalformedMessage, Reader } from '../../../wire/reader.ts';
import { FrameRules, FrameScanner, FrameViolation } from '../../../wire/scanner.ts';
import { decodeBackendKeyData } from '../messages/backend-key-data.ts';
import { decodeErrorFields, serverError } from '../messages/error-response.ts';
import { decodeNegotiateProtocolVersion } from '../messages/negotiate-protocol-version.ts';
import { decodeParameterStatus } from '../messages/parameter-status.ts';
import { decodeReadyForQuery } from '../messages/ready-for-query.ts';
import { encodeStartup } from '../messages/startup.ts';
import type { CancelKey } from '../messages/startup.ts';
import { Login } from './login.ts';
import { codeOf, UpstreamFailure } from './failure.ts';
import { openSocket } from './open-socket.ts';
import { forcedParameters, requiredStatus } from './options.ts';
import type { UpstreamOptions } from './options.ts';

/** A session with the server, logged in and idle. */
export interface Upstream {
  /** Paused; what the server sent after ReadyForQuery is still in it. Its errors are listened to: they show as `close`. */
  readonly socket: Socket | TLSSocket;
  /** ParameterStatus as last said, names as the server writes them. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Undefined where the server gave none (some poolers): it cannot be cancelled. */
  readonly key: CancelKey | undefined;
  /** Minor version of protocol 3 that both speak: 0 to 2. */
  readonly protocolMinor: number;
}

/** What we ask for; servers before PostgreSQL 18 answer with what they speak instead, some poolers with an error. */
const newestMinor = 2;
/** feature_not_supported, protocol_violation. */
const versionErrors: ReadonlySet<string> = new Set(['0A000', '08P01']);
/** Bytes; as libpq's limit for what may come before a session is (`MAX_ERRLEN` and the short messages), with room for long settings. */
const longestMessage = 65_536;
/** Authentication, NegotiateProtocolVersion, errors and notices, ParameterStatus, BackendKeyData, ReadyForQuery (section 54.2.1). */
const startupFrames = new FrameRules(Array.from('RvENSKZ', (type) => ({ type, mode: 'whole', limit: longestMessage })));
/** A server that never comes to an end before ReadyForQuery. PostgreSQL 18 sends about 20. */
const mostMessages = 1_000;

/**
 * Logs in. `parameters` are `database` and settings; what `forcedParameters` names, and the user, are ours whatever they say.
 * Throws `UpstreamFailure`, or the signal's reason; nothing is left open then.
 */
export async function connectUpstream(options: UpstreamOptions, parameters: ReadonlyMap<string, string>, signal: AbortSignal): Promise<Upstream> {
  const deadline = new Deadline([signal], options.connectTimeout);
  try {
    try {
      return await attempt(options, parameters, newestMinor, deadline.signal);
    } catch (error) {
      // What a downgrade could gain who stands in the middle is a shorter cancel key.
      if (!(error instanceof UpstreamFailure && error.kind === 'server' && versionErrors.has(codeOf(error)))) throw error;
      return await attempt(options, parameters, 0, deadline.signal);
    }
  } catch (error) {
    if (error instanceof UpstreamFailure || signal.aborted) throw error;
    if (deadline.expired) throw new UpstreamFailure('timeout', 'the server did not let us in in time');
    if (error instanceof PeerGone) throw new UpstreamFailure('unreachable', error.message);
    if (error instanceof MalformedMessage || error instanceof FrameViolation) throw new UpstreamFailure('protocol', error.message);
    throw error;
  } finally {
    deadline.over();
  }
}

async function attempt(options: UpstreamOptions, parameters: ReadonlyMap<string, string>, minor: number, signal: AbortSignal): Promise<Upstream> {
  const socket = await openSocket(options, signal);
  try {
    return await logIn(socket, options, parameters, minor, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function logIn(socket: Socket | TLSSocket, options: UpstreamOptions, wanted: ReadonlyMap<string, string>, offeredMinor: number, signal: AbortSignal): Promise<Upstream> {
  socket.write(encodeStartup(offeredMinor, new Map([...wanted, ...forcedParameters, ['user', options.user]])));
  const login = new Login(options, socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined, () => isPrivate(socket));
  const scanner = new FrameScanner(startupFrames);
  const parameters = new Map<string, string>();
  let key: CancelKey | undefined;
  let protocolMinor = offeredMinor;
  for (let count = 0; count < mostMessages; count += 1) {
    while (scanner.next() === 'more') scanner.push(await readSome(socket, signal));
    const type = String.fromCharCode(scanner.type);
    const body = new Reader(scanner.buffer, scanner.start + 5, scanner.end);
    if (!login.done && !'REvN'.includes(type)) throw new MalformedMessage('the server goes on before it has asked who we are');
    switch (type) {
      case 'R': {
        const answer = await login.answer(body);
        if (answer !== undefined) socket.write(answer);
        break;
      }
      case 'v': protocolMinor = negotiated(body, offeredMinor); break;
      case 'E': throw serverFailure(body, login.done);
      case 'N': decodeErrorFields(body); break;
      case 'S': {
        const { name, value } = decodeParameterStatus(body);
        parameters.set(name, value);
        break;
      }
      case 'K': key = decodeBackendKeyData(body, protocolMinor); break;
      case 'Z':
        if (decodeReadyForQuery(body) !== 'I') throw new MalformedMessage('the server begins inside a transaction');
        checkStatus(parameters);
        if (scanner.end < scanner.buffer.length) socket.unshift(scanner.buffer.subarray(scanner.end));
        return { socket, parameters, key, protocolMinor };
      default: throw new MalformedMessage('the server sent a message that has no place in a startup');
    }
  }
  throw new MalformedMessage('the startup does not end');
}

function negotiated(body: Reader, offeredMinor: number): number {
  const { minor, unsupported } = decodeNegotiateProtocolVersion(body);
  if (minor > offeredMinor) throw new MalformedMessage('the server wants a newer protocol than was offered');
  if (unsupported.length > 0) throw new MalformedMessage('the server turns down options that were not sent');
  return minor;
}

/** Class 28 is about who may log in: it names the upstream user. */
function serverFailure(body: Reader, loggedIn: boolean): UpstreamFailure {
  const fields = decodeErrorFields(body);
  const { code, message } = serverError(fields);
  return new UpstreamFailure(code.startsWith('28') && !loggedIn ? 'authentication' : 'server', `${code}: ${message}`, fields);
}

/** A server that does not keep these reads other statements than the gate does. */
function checkStatus(parameters: ReadonlyMap<string, string>): void {
  for (const [name, value] of requiredStatus) {
    const said = parameters.get(name);
    if (said !== value) throw new UpstreamFailure('setting', `the server has ${name} ${said === undefined ? 'unreported' : `\`${said}\``} where \`${value}\` is required`);
  }
}

/** Nobody but this host can listen: unix socket or loopback. */
function isPrivate(socket: Socket): boolean {
  if (socket instanceof TLSSocket) return true;
  const address = socket.remoteAddress;
  if (address === undefined) return !socket.destroyed;
  return (isIPv4(address) && address.startsWith('127.')) || (isIPv6(address) && (address === '::1' || address.startsWith('::ffff:127.')));
}
