import type { Duplex } from 'node:stream';
import type { Gate } from '../../../core/gate.ts';
import type { Authenticated, AuthenticationStep } from '../../../core/identity.ts';
import { refusal } from '../../../core/refusal.ts';
import type { Refusal } from '../../../core/refusal.ts';
import { PeerGone, readExactly } from '../../../wire/read-exactly.ts';
import { MalformedMessage, Reader } from '../../../wire/reader.ts';
import { authenticationOkMessage, encodeAuthenticationSasl, encodeAuthenticationSaslContinue, encodeAuthenticationSaslFinal } from '../messages/authentication.ts';
import { decodeSaslInitialResponse, decodeSaslResponse } from '../messages/password.ts';
import type { Arrived } from './accept.ts';

/** PG_MAX_SASL_MESSAGE_LENGTH (PostgreSQL's src/include/libpq/sasl.h), in bytes. */
const longestSaslMessage = 1024;
/** SCRAM needs two; more is somebody playing. */
const mostSteps = 4;
const passwordMessage = 'p'.charCodeAt(0);

/** `refused`: not told yet; the caller records it, then calls `dismiss`. `gone`: the client left or took too long; the stream is destroyed. */
export type ClientAuthentication =
  | { readonly kind: 'authenticated'; readonly proof: Authenticated }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'gone' };

/** What the exchange needs of a client that has arrived. */
export type ToAuthenticate = Pick<Arrived, 'parameters' | 'client' | 'deadline' | 'binding'> & { readonly stream: Duplex };

/** SASL with the client, up to and including AuthenticationOk. With it the startup ends, and so its deadline. */
export async function authenticateClient(arrived: ToAuthenticate, gate: Pick<Gate, 'authenticate'>): Promise<ClientAuthentication> {
  const { stream, parameters, client, deadline } = arrived;
  try {
    const authenticator = gate.authenticate(parameters.user, client.address, arrived.binding);
    stream.write(encodeAuthenticationSasl(authenticator.mechanisms));
    const first = decodeSaslInitialResponse(await readPasswordMessage(arrived));
    if (!authenticator.mechanisms.includes(first.mechanism)) throw new MalformedMessage('client selected an invalid SASL authentication mechanism');
    let message = first.message;
    let mechanism: string | undefined = first.mechanism;
    for (let step = 0; step < mostSteps; step += 1) {
      let answer: AuthenticationStep = { kind: 'continue', send: '' };
      // Without an initial response the server sends an empty challenge (RFC 4422 section 3).
      if (message !== undefined) {
        answer = await authenticator.step(mechanism, message);
        mechanism = undefined;
      }
      switch (answer.kind) {
        case 'continue':
          stream.write(encodeAuthenticationSaslContinue(answer.send));
          message = decodeSaslResponse(await readPasswordMessage(arrived));
          break;
        case 'done':
          stream.write(Buffer.concat([encodeAuthenticationSaslFinal(answer.send), authenticationOkMessage]));
          return { kind: 'authenticated', proof: answer.proof };
        case 'failed': return { kind: 'refused', refusal: inPostgresWords(answer.refusal, parameters.user) };
        default: return answer satisfies never;
      }
    }
    throw new MalformedMessage('the SASL exchange does not end');
  } catch (error) {
    if (error instanceof MalformedMessage) return { kind: 'refused', refusal: refusal('protocol-violation', error.message, 'use a client that speaks SCRAM-SHA-256') };
    stream.destroy();
    if (error instanceof PeerGone || deadline.signal.aborted) return { kind: 'gone' };
    throw error;
  } finally {
    deadline.over();
  }
}

async function readPasswordMessage({ stream, deadline }: ToAuthenticate): Promise<Reader> {
  const head = await readExactly(stream, 5, deadline.signal);
  if (head[0] !== passwordMessage) throw new MalformedMessage('expected a SASL response');
  const length = head.readInt32BE(1) - 4;
  if (length < 0 || length > longestSaslMessage) throw new MalformedMessage('the SASL message has no possible length');
  return new Reader(await readExactly(stream, length, deadline.signal));
}

/** The words that drivers know; the same for an unknown user and a wrong secret. */
function inPostgresWords(why: Refusal, user: string): Refusal {
  return why.code === 'authentication-failed' ? { ...why, message: `password authentication failed for user "${user}"` } : why;
}
