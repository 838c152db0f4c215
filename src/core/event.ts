import type { DenyReason, Need, ObservedPolicy } from './decision.ts';
import type { Effect } from './effect.ts';
import type { Language } from './interpretation.ts';
import type { PrincipalRef } from './principal.ts';
import type { RefusalCode } from './refusal.ts';
import type { Target } from './target.ts';

/** Facts of a session that each of its records repeats. */
export interface SessionFacts {
  /** UUIDv7. */
  readonly id: string;
  readonly principal: PrincipalRef;
  readonly owner: string | undefined;
  readonly target: Target;
  readonly database: string | undefined;
  readonly purpose: string;
  readonly client: { readonly address: string; readonly port: number };
  /** As the client claims it: application_name. */
  readonly application: string | undefined;
}

/** What was decided about a command, before it ran. */
export interface DecisionEvent {
  readonly type: 'decision';
  readonly session: SessionFacts;
  readonly language: Language;
  /** Text with literals replaced; never customer data. */
  readonly shape: string;
  readonly effects: readonly Effect[];
  readonly outcome: 'permit' | 'hold' | 'deny';
  /** In observe mode a hold or deny is forwarded all the same. */
  readonly enforced: boolean;
  readonly code: RefusalCode | undefined;
  readonly reason: DenyReason | undefined;
  readonly policies: readonly { readonly id: string; readonly title: string }[];
  readonly policyVersion: string;
  /** What policies in observe mode would have done; they took no part in the outcome. */
  readonly observed: readonly { readonly id: string; readonly title: string; readonly would: ObservedPolicy['would'] }[];
  readonly needs: readonly Need[];
}

/**
 * How it ended. `skipped`: the target never ran it (an earlier message of the batch failed). `lost`: the connection went before its answer.
 * `misread`: it was decided as reads, and the target, which ran it read-only, refused it because it writes: the verdict was wrong.
 */
export interface OutcomeEvent {
  readonly type: 'outcome';
  readonly status: 'ok' | 'error' | 'cancelled' | 'skipped' | 'lost' | 'misread';
  /** Rows returned or affected, as the target's own tag says. */
  readonly rows: number;
  /** Bytes of the answer that went to the client. */
  readonly bytes: number;
  /** SQLSTATE class and code, for errors. */
  readonly sqlstate: string | undefined;
}

/** Ids of policies, from one set to the next; `changed` are those of which the text is another. All empty when only tests or comments changed. */
export interface PolicyChanges { readonly added: readonly string[]; readonly changed: readonly string[]; readonly removed: readonly string[] }

export type LifecycleEvent =
  | { readonly type: 'gateway-started'; readonly version: string; readonly configDigest: string; readonly policyVersion: string; readonly targets: readonly string[]; readonly binaries: readonly { readonly name: string; readonly sha256: string }[] }
  | { readonly type: 'gateway-stopped'; readonly why: string }
  | { readonly type: 'session-opened'; readonly session: SessionFacts; readonly method: string; readonly tls: boolean }
  | { readonly type: 'session-refused'; readonly user: string; readonly target: Target; readonly client: { readonly address: string; readonly port: number }; readonly code: RefusalCode; readonly why: string }
  | { readonly type: 'session-closed'; readonly session: SessionFacts; readonly why: string; readonly commands: number; readonly refused: number }
  /** `ids`: of all that are in force now. */
  | ({ readonly type: 'policy-changed'; readonly from: string; readonly to: string; readonly ids: readonly string[] } & PolicyChanges)
  | { readonly type: 'policy-rejected'; readonly inForce: string; readonly errors: readonly string[] }
  | { readonly type: 'config-changed'; readonly from: string; readonly to: string }
  /** From now on nothing but reads passes there. `why` is empty when nobody said. */
  | { readonly type: 'target-frozen'; readonly target: string; readonly by: string; readonly why: string }
  /** `since`: when it was frozen, milliseconds since the epoch. */
  | { readonly type: 'target-unfrozen'; readonly target: string; readonly by: string; readonly since: number }
  /** What weakens the gate there, one line each; told when it is first found, and when it has become another. Empty: nothing any more. */
  | { readonly type: 'target-examined'; readonly target: string; readonly database: string; readonly weaknesses: readonly string[] }
  | { readonly type: 'identity-changed'; readonly action: 'create' | 'update' | 'delete' | 'disable' | 'rotate'; readonly what: 'user' | 'agent' | 'service' | 'group' | 'grant' | 'credential'; readonly name: string; readonly by: string; readonly detail: string }
  | { readonly type: 'recording-failed'; readonly error: string }
  | { readonly type: 'recording-recovered'; readonly missed: number; readonly detail: string };

/** Everything that is recorded. */
export type AuditEvent = DecisionEvent | LifecycleEvent;
