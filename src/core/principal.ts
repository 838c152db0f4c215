import type { Verb } from './effect.ts';
import type { EntityRef } from './resource.ts';

export type PrincipalKind = 'User' | 'Agent' | 'Service';

/** Text form `agent:reporter`, `user:ada`, `service:billing`. Names are unique over all three kinds (they are login names). */
export interface PrincipalRef {
  readonly kind: PrincipalKind;
  readonly name: string;
}

/** An approved, expiring scope. Data, never a policy. Times are milliseconds since the epoch. */
export interface Grant {
  readonly id: string;
  /** Name of the target that it is good for. */
  readonly target: string;
  /** Empty: the whole target. Else only these resources and what they contain. */
  readonly resources: readonly EntityRef[];
  readonly verbs: readonly (Verb | 'unmask')[];
  readonly unmask: readonly string[];
  readonly until: number;
}

export interface Principal {
  readonly ref: PrincipalRef;
  readonly enabled: boolean;
  /** Its secret was taken away, and it got no other. */
  readonly secretRevoked?: boolean;
  /** Of agents and services; a disabled owner disables them. */
  readonly owner?: { readonly name: string; readonly enabled: boolean };
  /** Of agents: nothing is permitted at or after it. */
  readonly until?: number;
  /** Of agents: the purpose of a session that names none. */
  readonly purpose?: string;
  readonly groups: readonly string[];
  readonly grants: readonly Grant[];
  readonly strongAuth: boolean;
}

/** A name that config declares; what it may do is compared with the effects. */
export interface Purpose {
  readonly name: string;
  readonly verbs: readonly (Verb | 'unmask')[];
  readonly labels: readonly string[];
}
