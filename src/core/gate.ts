import type { Obligation } from './decision.ts';
import type { OutcomeEvent, SessionFacts } from './event.ts';
import type { Authenticated, Authenticator, ChannelBinding } from './identity.ts';
import type { BoundValue, Held, Language, ReadsOnly, SessionState, TransactionControl } from './interpretation.ts';
import type { Refusal } from './refusal.ts';

declare const minted: unique symbol;

/** What a connector says of who connects. `proof` comes from `Gate.authenticate`. */
export interface IdentityClaim {
  readonly proof: Authenticated;
  readonly target: string;
  readonly database: string | undefined;
  readonly purpose: string | undefined;
  readonly client: { readonly address: string; readonly port: number };
  readonly application: string | undefined;
  readonly tls: boolean;
}

/** A statement that a client holds by name; made by the admission of a `prepare` command. Opaque to connectors. */
export interface Prepared extends Held { readonly text: string }

/** The two namespaces that SQL and the protocol share (PREPARE and Parse; DECLARE and Bind). */
export type Namespace = 'prepared' | 'cursors';

/**
 * One unit that the client asked for.
 * `query`: runs now. `prepare`: is read and decided, but not run (Parse). `bind`: a portal is made of what was prepared, which plans it and
 * so may run code; decided again, with the values of its parameters where they matter (asked for at most once). `execute`: runs what was prepared or bound, decided again.
 * `call`: not text at all (FunctionCall); `text` says what it was, for the record.
 */
export type Command =
  | { readonly kind: 'query' | 'prepare'; readonly language: Language; readonly text: string; readonly transaction: TransactionStatus }
  | { readonly kind: 'bind'; readonly language: Language; readonly prepared: Prepared; readonly transaction: TransactionStatus; readonly values?: () => readonly BoundValue[] }
  | { readonly kind: 'execute'; readonly language: Language; readonly prepared: Prepared; readonly transaction: TransactionStatus }
  | { readonly kind: 'call'; readonly language: Language; readonly text: string; readonly transaction: TransactionStatus };

/** As the target last said, with what is outstanding taken into account; `batch` is an implicit block (extended messages since the last Sync). */
export type TransactionStatus = 'idle' | 'batch' | 'open' | 'failed';

/** Proof that one command was admitted. Minted by gate/permit.ts alone; spent once, by `Upstream.send`. */
export interface Permit {
  readonly [minted]: true;
  readonly refused: false;
  readonly obligations: readonly Obligation[];
  /** Messages after it wait until `settle`: it may change what their text means. */
  readonly barrier: boolean;
  readonly transaction: TransactionControl;
  readonly reads: ReadsOnly;
  /** Of a `prepare`: what later `bind` and `execute` commands name. Of a `bind`: the same, with its meaning fixed to this moment's. */
  readonly prepared: Prepared | undefined;
  /** By `Upstream.send` alone, exactly once: one permit, one command. Throws the second time. */
  spend(): void;
  /** Exactly once, when the target has answered or never will. */
  settle(outcome: OutcomeEvent): void;
}

export type Admission = Permit | Refusal;

/** One authenticated connection of a principal to a target. */
export interface Session {
  readonly facts: SessionFacts;
  /** Aborted with a `Refusal` as its reason when the session must end: expired, revoked, disabled, draining. */
  readonly ending: AbortSignal;
  readonly state: SessionState;
  /**
   * Answers without a promise when the decision is known and nothing must be synced first. A permit that is answered so is *queued*:
   * the connector writes to its target from `Gate.afterRecord` only.
   */
  admit(command: Command, signal: AbortSignal): Admission | Promise<Admission>;
  /**
   * MUST be awaited before what ends an implicit transaction (Sync) is forwarded: what the batch wrote is recorded durably first.
   * Undefined when there is nothing to wait for; resolves with a refusal when recording failed, and then nothing may be made final.
   */
  finalise(): undefined | Promise<Refusal | undefined>;
  /** Gives the name a meaning (undefined: takes it away), at once and for both doors. Returns how to take that back, should the target refuse. */
  hold(namespace: Namespace, name: string, prepared: Prepared | undefined): () => void;
  /** What a name means, however it was made; undefined when the gate never saw it, or cannot be sure. */
  held(namespace: Namespace, name: string): Prepared | undefined;
  /** The target's transaction has ended: cursors that do not outlive it are gone. */
  transactionEnded(): void;
  /**
   * The target is ready for more. `over`: the implicit transaction that it may have been in has ended. `failed`: with a rollback of all that was in it.
   */
  ready(failed: boolean, over: boolean): void;
  /**
   * The target said something of the session's state; it is the truth. `followed`: it says so of itself whenever that changes (ParameterStatus);
   * else it was asked.
   */
  observe(name: string, value: string, followed: boolean): void;
  close(why: string): void;
}

/**
 * A session whose opening is on its way to the record. What it will need can be made ready meanwhile; what its client says MUST NOT be heard before it is
 * `recorded`.
 */
export interface Opening {
  /** The session's own. */
  readonly ending: AbortSignal;
  /** Whoever it is may only read there, as far as grants go at this moment: a role that can do no more is enough. */
  readonly readsOnly: boolean;
  /** Resolves when the opening is durable; with a refusal when that failed, and then there is no session. Never rejects. */
  readonly recorded: Promise<Session | Refusal>;
}

/** PEP, as a connector sees it. */
export interface Gate {
  authenticate(user: string, address: string, binding: ChannelBinding | undefined): Authenticator;
  /** Answers at once; whoever is refused has caused no work at the target. */
  open(claim: IdentityClaim): Opening | Refusal;
  /** Records that someone was turned away before a session was. */
  turnAway(user: string, target: string, client: { readonly address: string; readonly port: number }, refusal: Refusal): Promise<void>;
  /**
   * Calls `write` at the end of this turn of the event loop, after everything recorded so far was written (one write(2) for all sessions);
   * with a refusal when recording failed: then what was to be sent MUST be dropped.
   */
  afterRecord(write: (failed: Refusal | undefined) => void): void;
  /** The same at once, for who has much to send: writes what was recorded so far. With a refusal what was to be sent MUST be dropped. */
  record(): Refusal | undefined;
}
