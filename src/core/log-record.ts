/** A record as read: the stored JSON, and of it what the log view, filters and `why` need. Fields that a kind has not are undefined. */
export interface LogRecord {
  readonly writer: string;
  readonly sequence: number;
  /** The canonical JSON, as stored. */
  readonly text: string;
  readonly uid: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** `decision`, `outcome`, `session-opened`, ...: the types of core/event. */
  readonly kind: string;
  /** Of decisions; `deny` of a session that was refused. */
  readonly outcome: string | undefined;
  /** False when observe mode let it through. */
  readonly enforced: boolean;
  /** Text form; of a session that was refused, the name as claimed. */
  readonly principal: string | undefined;
  readonly owner: string | undefined;
  readonly target: string | undefined;
  readonly database: string | undefined;
  readonly session: string | undefined;
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly shape: string | undefined;
  readonly policies: readonly { readonly id: string; readonly title: string | undefined }[];
  /** Policies in observe mode that would not have let it pass: `hold`, `deny` or `error`. */
  readonly observed: readonly { readonly id: string; readonly title: string | undefined; readonly would: string }[];
  readonly effects: readonly { readonly verb: string; readonly text: string }[];
  /** Of an outcome: the decision it belongs to. */
  readonly decision: number | undefined;
  /** How a command ended. */
  readonly ended: { readonly status: string; readonly rows: number; readonly bytes: number; readonly sqlstate: string | undefined } | undefined;
  /** What a lifecycle record says, in a sentence. */
  readonly detail: string | undefined;
}

/** All that are given must hold; nothing given is everything. */
export interface LogFilter {
  /** `agent:reporter`, or the bare name. */
  readonly principal?: string;
  readonly owner?: string;
  readonly target?: string;
  /** `permit`, `hold`, `deny` of a decision; `observed` for what observe mode, of a target or of a policy, let through; `ok`, `error`, ... of how a command ended. */
  readonly outcome?: string;
  /** `pack/name`, or the bare name: decisions that it determined, or in observe mode would have. */
  readonly policy?: string;
  /** Decisions with such an effect. */
  readonly verb?: string;
  readonly session?: string;
  /** Types of core/event, and `outcome`. */
  readonly kinds?: readonly string[];
  /** Milliseconds since the epoch; from it on. */
  readonly since?: number;
  /** Up to, but not at it. */
  readonly until?: number;
}

/**
 * What would have become of a decision that was let through because its target, or a policy that refuses it, is in observe mode. A policy that cannot be
 * evaluated would refuse. Undefined of a decision that came out as it would have.
 */
export function letThrough(record: Pick<LogRecord, 'kind' | 'outcome' | 'enforced' | 'observed'>): 'hold' | 'deny' | undefined {
  const { kind, outcome, enforced, observed } = record;
  if (kind !== 'decision' || (enforced && outcome !== 'permit')) return undefined;
  if (outcome === 'deny' || observed.some(({ would }) => would !== 'hold')) return 'deny';
  return outcome === 'hold' || observed.length > 0 ? 'hold' : undefined;
}
