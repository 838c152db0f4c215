import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { AuthenticationStep, Authenticator, ChannelBinding } from '../../core/identity.ts';

export interface ClientOptions {
  readonly secret: string;
  readonly nonce?: string;
  readonly name?: string;
  /** Sent in `p=`; with the mechanism -PLUS. */
  readonly binding?: ChannelBinding;
  readonly flag?: 'n' | 'y';
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** The client's side of RFC 5802 with SHA-256, written for the tests from the document, not from the server. */
export class ScramClient {
  readonly #options: ClientOptions;
  readonly #header: string;
  readonly #bare: string;
  serverSignature = '';

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#header = options.binding === undefined ? `${options.flag ?? 'n'},,` : `p=${options.binding.type},,`;
    this.#bare = `n=${options.name ?? ''},r=${options.nonce ?? 'fixed-client-nonce'}`;
  }

  get mechanism(): string { return this.#options.binding === undefined ? 'SCRAM-SHA-256' : 'SCRAM-SHA-256-PLUS'; }

  get first(): string { return this.#header + this.#bare; }

  final(serverFirst: string): string {
    const match = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst);
    if (match === null) throw new Error(`not a server-first-message: ${serverFirst}`);
    const [, nonce = '', salt = '', iterations = ''] = match;
    const salted = pbkdf2Sync(this.#options.secret, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
    const clientKey = mac(salted, 'Client Key');
    const channel = Buffer.concat([Buffer.from(this.#header), this.#options.binding?.data ?? Buffer.alloc(0)]).toString('base64');
    const without = `c=${channel},r=${nonce}`;
    const signed = `${this.#bare},${serverFirst},${without}`;
    const signature = mac(createHash('sha256').update(clientKey).digest(), signed);
    this.serverSignature = `v=${mac(mac(salted, 'Server Key'), signed).toString('base64')}`;
    return `${without},p=${Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))).toString('base64')}`;
  }
}

/** Runs a whole exchange; answers the server's last step. */
export async function logIn(server: Authenticator, client: ScramClient): Promise<AuthenticationStep> {
  const challenge = await server.step(client.mechanism, client.first);
  return challenge.kind === 'continue' ? server.step(undefined, client.final(challenge.send)) : challenge;
}
