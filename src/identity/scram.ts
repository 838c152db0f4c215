import { timingSafeEqual } from 'node:crypto';
import { display, truncate } from '../core/display.ts';
import type { Authenticated, AuthenticationStep, Authenticator, ChannelBinding } from '../core/identity.ts';
import type { PrincipalRef } from '../core/principal.ts';
import { refusal } from '../core/refusal.ts';
import { endedRefusal } from '../core/standing.ts';
import type { Account, FailureCause } from './account.ts';
import type { Attempts } from './attempts.ts';
import { parseClientFinal, parseClientFirst } from './scram-message.ts';
import type { ClientFirst } from './scram-message.ts';
import { hmac, sha256 } from './verifier.ts';

export interface ScramOptions {
  /** From the startup packet. The name inside the SASL message is ignored, as PostgreSQL does (documentation, SCRAM-SHA-256 authentication). */
  readonly user: string;
  /** The client's, for the limit on attempts. */
  readonly address: string;
  readonly binding: ChannelBinding | undefined;
  /** Asked at the start and again at the end; undefined when the state store cannot be read. */
  readonly account: (user: string) => Account | undefined;
  readonly attempts: Attempts;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** The server's part of the nonce: fresh and unpredictable each time, printable ASCII without commas. */
  readonly nonce: () => string;
}

const plain = 'SCRAM-SHA-256';
const plus = 'SCRAM-SHA-256-PLUS';

const between = 'look for what answers in the gateway\'s place between the client';

type State =
  | { readonly at: 'start' }
  | { readonly at: 'challenged'; readonly first: ClientFirst; readonly account: Account; readonly mechanism: string; readonly serverFirst: string; readonly nonce: string }
  | { readonly at: 'over' };

/** The server's side of one SCRAM exchange (RFC 5802, RFC 7677). The only place that makes an `Authenticated`. */
export class ScramServer implements Authenticator {
  readonly mechanisms: readonly string[];
  readonly #options: ScramOptions;
  #state: State = { at: 'start' };

  constructor(options: ScramOptions) {
    this.#options = options;
    this.mechanisms = options.binding === undefined ? [plain] : [plus, plain];
  }

  step(mechanism: string | undefined, message: string): AuthenticationStep {
    const state = this.#state;
    // Until an answer says otherwise: no second try within one exchange.
    this.#state = { at: 'over' };
    if (state.at === 'over') return this.#malformed('the exchange is over');
    if (state.at === 'challenged') return mechanism === undefined ? this.#finish(state, message) : this.#malformed('the mechanism was chosen twice');
    return mechanism === undefined ? this.#malformed('no mechanism was chosen') : this.#start(mechanism, message);
  }

  #start(mechanism: string, message: string): AuthenticationStep {
    if (!this.mechanisms.includes(mechanism)) return this.#malformed('the mechanism was not offered');
    const first = parseClientFirst(message);
    if ('malformed' in first) return this.#malformed(first.why);
    const refused = this.#checkFlag(mechanism, first) ?? this.#checkAttempts();
    if (refused !== undefined) return refused;
    const account = this.#options.account(this.#options.user);
    if (account === undefined) return stateUnavailable();
    const nonce = first.nonce + this.#options.nonce();
    const serverFirst = `r=${nonce},s=${account.verifier.salt.toString('base64')},i=${account.verifier.iterations}`;
    this.#state = { at: 'challenged', first, account, mechanism, serverFirst, nonce };
    return { kind: 'continue', send: serverFirst };
  }

  /** RFC 5802 section 6. */
  #checkFlag(mechanism: string, first: ClientFirst): AuthenticationStep | undefined {
    if (first.flag === 'p') {
      if (mechanism !== plus) return this.#malformed('channel binding belongs to another mechanism');
      return first.binding === 'tls-server-end-point' ? undefined : this.#malformed('the kind of channel binding is not supported');
    }
    if (mechanism === plus) return this.#malformed('the mechanism needs channel binding');
    if (first.flag === 'n' || this.#options.binding === undefined) return undefined;
    // `y`: the client could bind and did not see that we can, so somebody between us took the offer out.
    return this.#failed('downgrade', 'channel binding was offered and did not reach the client', `${between} and it`);
  }

  #checkAttempts(): AuthenticationStep | undefined {
    const { user, address, attempts, clock } = this.#options;
    const wait = attempts.wait(address, user, clock());
    if (wait === 0) return undefined;
    const seconds = Math.ceil(wait / 1000);
    return { kind: 'failed', cause: 'locked-out' satisfies FailureCause, refusal: refusal('too-many-attempts', `too many failed logins of ${named(user)} from this address`,
      `wait ${seconds} s, and look for a client that keeps using an old secret`) };
  }

  #finish(state: Extract<State, { at: 'challenged' }>, message: string): AuthenticationStep {
    const { user, address, attempts, clock, binding } = this.#options;
    const final = parseClientFinal(message);
    if ('malformed' in final) return this.#malformed(final.why);
    if (!sameBytes(Buffer.from(final.nonce), Buffer.from(state.nonce))) return this.#malformed('the nonce is not that of this exchange');
    const bound = state.mechanism === plus && binding !== undefined ? binding.data : Buffer.alloc(0);
    if (!sameBytes(final.channelBinding, Buffer.concat([Buffer.from(state.first.gs2Header), bound])))
      return this.#failed('channel-binding', 'the channel binding does not match this connection', `${between} and it; behind a balancer that ends TLS, connect with channel_binding=disable`);
    // Again: exchanges that were begun side by side must not each have a guess.
    const refused = this.#checkAttempts();
    if (refused !== undefined) return refused;
    const { verifier } = state.account;
    const signed = `${state.first.bare},${state.serverFirst},${final.withoutProof}`;
    const clientKey = xor(final.proof, hmac(verifier.storedKey, signed));
    const proven = sameBytes(sha256(clientKey), verifier.storedKey);
    // Now, not as it was at the start: it may have been disabled, or its secret changed, in between.
    const account = this.#options.account(user);
    if (account === undefined) return stateUnavailable();
    const unchanged = sameBytes(account.verifier.storedKey, verifier.storedKey);
    if (proven && unchanged && account.standing.good) {
      attempts.succeeded(address, user);
      return { kind: 'done', send: `v=${hmac(verifier.serverKey, signed).toString('base64')}`, proof: authenticated(account.standing.ref, state.mechanism) };
    }
    attempts.failed(address, user, clock());
    // Who holds the secret may know what became of it, and must, or it would go on trying; who guesses learns nothing.
    if (proven && unchanged && !account.standing.good && 'ref' in account.standing)
      return { kind: 'failed', cause: account.standing.cause, refusal: endedRefusal(account.standing.ref, account.standing.cause) };
    const cause = causeOf(account, unchanged);
    return this.#failed(cause, `password authentication failed for user ${named(user)}`,
      'check the name and the secret; who owns them can see whether they are still good with `guardrails agent list` and make a new secret with `guardrails agent rotate`');
  }

  #failed(cause: FailureCause, message: string, mend: string): AuthenticationStep {
    return { kind: 'failed', cause, refusal: refusal('authentication-failed', message, mend) };
  }

  #malformed(why: string): AuthenticationStep {
    return { kind: 'failed', cause: 'malformed' satisfies FailureCause,
      refusal: refusal('protocol-violation', `malformed SCRAM message: ${why}`, 'use a client that speaks SCRAM-SHA-256 as in RFC 7677') };
  }
}

function stateUnavailable(): AuthenticationStep {
  return { kind: 'failed', cause: 'state-unavailable' satisfies FailureCause,
    refusal: refusal('internal', 'the gateway cannot read who may log in', 'try again; the gateway\'s log and `/readyz` say what is wrong with its state file') };
}

function causeOf(account: Account, unchanged: boolean): FailureCause {
  if (!account.standing.good) return account.standing.cause;
  return unchanged ? 'wrong-secret' : 'secret-changed';
}

function named(user: string): string {
  return `\`${truncate(display(user), 63)}\``;
}

/** In constant time; the lengths are no secret. */
function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, at) => byte ^ (b[at] ?? 0)));
}

function authenticated(principal: PrincipalRef, method: string): Authenticated {
  // The brand exists for the compiler alone: nobody else can make one.
  return { principal, method } as unknown as Authenticated;
}
