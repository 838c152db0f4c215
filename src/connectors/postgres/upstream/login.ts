import { createHash } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';
import { serverEndPoint } from '../../../wire/channel-binding.ts';
import { MalformedMessage } from '../../../wire/reader.ts';
import type { Reader } from '../../../wire/reader.ts';
import { decodeAuthentication } from '../messages/authentication.ts';
import { encodePassword, encodeSaslInitialResponse, encodeSaslResponse } from '../messages/password.ts';
import { UpstreamFailure } from './failure.ts';
import type { UpstreamOptions } from './options.ts';
import { ScramClient } from './scram.ts';
import type { Binding } from './scram.ts';
import { keysOf } from './scram-keys.ts';
import type { KeysOf } from './scram-keys.ts';

const plain = 'SCRAM-SHA-256';
const plus = 'SCRAM-SHA-256-PLUS';

/** By the options' identity: one target's credential has one. */
const keysFor = new WeakMap<UpstreamOptions, KeysOf>();

/** Answers what the server asks of us, one Authentication message after the other. */
export class Login {
  readonly #options: UpstreamOptions;
  /** Of the server; undefined without TLS. */
  readonly #certificate: X509Certificate | undefined;
  /** Nobody can listen. */
  readonly #private: () => boolean;
  #scram: ScramClient | undefined;
  #asked = false;
  #done = false;

  constructor(options: UpstreamOptions, certificate: X509Certificate | undefined, private_: () => boolean) {
    this.#options = options;
    this.#certificate = certificate;
    this.#private = private_;
  }

  get done(): boolean { return this.#done; }

  /** Bytes to send, or undefined. Throws `UpstreamFailure`, `MalformedMessage`. */
  async answer(body: Reader): Promise<Buffer | undefined> {
    if (this.#done) throw new MalformedMessage('the server asks again who we are');
    const request = decodeAuthentication(body);
    switch (request.kind) {
      case 'ok':
        // Else whoever stands in the middle could leave the proof out, and be taken for the server.
        if (this.#scram !== undefined && !this.#scram.verified) throw new UpstreamFailure('authentication', 'the server did not prove that it knows the password');
        this.#done = true;
        return undefined;
      case 'cleartext':
        if (!this.#private()) throw new UpstreamFailure('authentication', 'the server asks for the password in clear on a connection without TLS');
        return encodePassword(this.#secret());
      case 'md5': return encodePassword(md5(this.#options.user, this.#secret(), request.salt));
      case 'sasl': return this.#begin(request.mechanisms);
      case 'sasl-continue':
        if (this.#scram === undefined) throw new MalformedMessage('a SASL challenge without an exchange');
        return encodeSaslResponse(await this.#scram.final(request.message));
      case 'sasl-final':
        if (this.#scram?.verify(request.message) !== true) throw new UpstreamFailure('authentication', 'the server did not prove that it knows the password');
        return undefined;
      case 'unsupported': throw new UpstreamFailure('authentication', `the server asks for ${request.method}, which is not supported`);
      default: return request satisfies never;
    }
  }

  /** Given out for one question only: a second would be a way to get it in a weaker form. */
  #secret(): string {
    if (this.#asked) throw new MalformedMessage('the server asks twice for a password');
    this.#asked = true;
    const { password } = this.#options;
    if (password === undefined) throw new UpstreamFailure('authentication', 'the server asks for a password and none is configured');
    return password;
  }

  #begin(mechanisms: readonly string[]): Buffer {
    const binding = this.#certificate === undefined ? undefined : serverEndPoint(this.#certificate);
    let mechanism = plain;
    let how: Binding = { flag: binding === undefined ? 'n' : 'y' };
    if (binding !== undefined && mechanisms.includes(plus)) {
      mechanism = plus;
      how = { flag: 'p', binding };
    } else if (!mechanisms.includes(plain)) throw new UpstreamFailure('authentication', 'the server offers no SASL mechanism that is supported');
    const secret = this.#secret();
    const keys = keysFor.get(this.#options) ?? keysOf(secret);
    keysFor.set(this.#options, keys);
    this.#scram = new ScramClient(keys, how);
    return encodeSaslInitialResponse({ mechanism, message: this.#scram.first() });
  }
}

/** AuthenticationMD5Password, section 54.2.1: 'md5' and md5(md5(password, user), salt), in hexadecimal. */
function md5(user: string, password: string, salt: Buffer): string {
  const inner = createHash('md5').update(password + user).digest('hex');
  return `md5${createHash('md5').update(inner).update(salt).digest('hex')}`;
}
