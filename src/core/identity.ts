import type { Principal, PrincipalRef } from './principal.ts';
import type { Refusal } from './refusal.ts';
import type { FreezeRecord } from './state.ts';

declare const proof: unique symbol;
/** Made by an `Authenticator` alone, when the secret was proven. */
export interface Authenticated { readonly [proof]: true; readonly principal: PrincipalRef; readonly method: string }

/** What a TLS connection gives to bind a login to (RFC 5929, tls-server-end-point). */
export interface ChannelBinding { readonly type: 'tls-server-end-point'; readonly data: Buffer }

export type AuthenticationStep =
  | { readonly kind: 'continue'; readonly send: string }
  | { readonly kind: 'done'; readonly send: string; readonly proof: Authenticated }
  /**
   * `cause` goes to the record and MUST NOT reach the client: it tells a wrong secret from an unknown, disabled or expired name. Whoever has proven the
   * secret is told by `refusal` what has ended, and nobody else is.
   */
  | { readonly kind: 'failed'; readonly refusal: Refusal; readonly cause?: string };

/** One SASL exchange. Unknown users get the same answers in the same time as known ones with a wrong secret. */
export interface Authenticator {
  /** In the order of preference; `SCRAM-SHA-256-PLUS` only where there is something to bind to. */
  readonly mechanisms: readonly string[];
  /** `mechanism` with the first message; undefined after it. */
  step(mechanism: string | undefined, message: string): AuthenticationStep | Promise<AuthenticationStep>;
}

/** PIP for principals. Reads are synchronous, from a snapshot that follows the state store within half a second. */
export interface Directory {
  /** Grows with every change of any principal, group, grant or freeze. */
  readonly generation: number;
  /** With owner, groups and grants resolved; undefined when there is none of that name. */
  principal(ref: PrincipalRef): Principal | undefined;
  /** Undefined while the target is not frozen. Follows the store like principals do. */
  frozen(target: string): FreezeRecord | undefined;
  /** `address` is the client's, for the limit on attempts. */
  authenticate(user: string, address: string, binding: ChannelBinding | undefined): Authenticator;
  /** Called after `generation` has grown. Returns how to stop. */
  onChange(listener: () => void): () => void;
  /** Set when the state store cannot be read; the directory then keeps no one: every lookup is undefined. */
  readonly failure: string | undefined;
}
