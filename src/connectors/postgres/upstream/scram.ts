import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ChannelBinding } from '../../../core/identity.ts';
import { pooledRandom } from '../../../wire/random.ts';
import { MalformedMessage } from '../../../wire/reader.ts';
import type { KeysOf } from './scram-keys.ts';

/** A server that asks for more is after our CPU; PostgreSQL's default is 4,096. */
const mostIterations = 1_000_000;
const digestLength = 32;
const random = pooledRandom();

/** How the client binds: to the certificate it saw; not, because the server offers none (`y`: a downgrade would be noticed); or it cannot (`n`). */
export type Binding = { readonly flag: 'p'; readonly binding: ChannelBinding } | { readonly flag: 'y' | 'n' };

function hmac(key: Buffer, text: string): Buffer { return createHmac('sha256', key).update(text).digest(); }

/** The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), for one login. The user name is left empty, as PostgreSQL ignores it. */
export class ScramClient {
  readonly #keys: KeysOf;
  readonly #header: string;
  readonly #bindingInput: Buffer;
  readonly #nonce: string;
  #serverSignature: Buffer | undefined;
  #verified = false;

  constructor(keys: KeysOf, binding: Binding, nonce: string = random(24).toString('base64')) {
    this.#keys = keys;
    this.#header = binding.flag === 'p' ? `p=${binding.binding.type},,` : `${binding.flag},,`;
    this.#bindingInput = Buffer.concat([Buffer.from(this.#header), binding.flag === 'p' ? binding.binding.data : Buffer.alloc(0)]);
    this.#nonce = nonce;
  }

  /** True only once the server has proven that it knows the password's verifier. */
  get verified(): boolean { return this.#verified; }

  first(): string { return `${this.#header}${this.#firstBare()}`; }

  #firstBare(): string { return `n=,r=${this.#nonce}`; }

  /** Answers server-first-message. Throws `MalformedMessage`. */
  async final(serverFirst: string): Promise<string> {
    const match = /^r=([!-+\--~]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,9})$/u.exec(serverFirst);
    const [, nonce, salt, iterations] = match ?? [];
    // An extension (`m=`, or after the count) changes the exchange in a way that is not known here: the client must fail (RFC 5802 section 5.1).
    if (nonce === undefined || salt === undefined || iterations === undefined) throw new MalformedMessage('malformed SCRAM server-first-message');
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) throw new MalformedMessage('the SCRAM nonce of the server does not continue ours');
    if (Number(iterations) > mostIterations) throw new MalformedMessage('the SCRAM iteration count is too high');
    const keys = await this.#keys(salt, Number(iterations));
    const withoutProof = `c=${this.#bindingInput.toString('base64')},r=${nonce}`;
    const authMessage = `${this.#firstBare()},${serverFirst},${withoutProof}`;
    const signature = hmac(keys.stored, authMessage);
    const proof = Buffer.from(keys.client.map((byte, at) => byte ^ (signature[at] ?? 0)));
    this.#serverSignature = hmac(keys.server, authMessage);
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** Takes server-final-message; false when the server did not prove itself. Throws `MalformedMessage`. */
  verify(serverFinal: string): boolean {
    const given = /^v=([A-Za-z0-9+/]+={0,2})$/u.exec(serverFinal)?.[1];
    if (given === undefined || this.#serverSignature === undefined) throw new MalformedMessage('malformed SCRAM server-final-message');
    const signature = Buffer.from(given, 'base64');
    this.#verified = signature.length === digestLength && timingSafeEqual(signature, this.#serverSignature);
    return this.#verified;
  }
}
