import type { AuditEvent, DecisionEvent, OutcomeEvent } from './event.ts';

/** A decision that is recorded many times: all of it but time, ids and sequence is serialised once. Opaque to who holds it. */
export interface DecisionTemplate { readonly event: DecisionEvent }

/** Position in this writer's log: grows by one a record, over restarts, without a gap. */
export type Sequence = number;

/** Recording does not work; nothing may be admitted. `mend` says what a person can do. */
export class AuditUnavailable extends Error {
  override readonly name = 'AuditUnavailable';
  readonly mend: string;
  constructor(message: string, mend: string) { super(message); this.mend = mend; }
}

/**
 * The log, as the gate sees it. Three grades of safety, of which each includes the one before:
 * *queued* (in memory, order fixed), *written* (write(2) returned: survives the process), *durable* (fdatasync returned: survives the host).
 *
 * The caller MUST NOT let a command reach the target, or a refusal the client, before its grade is reached (DESIGN promise 4).
 */
export interface AuditLog {
  template(event: DecisionEvent): DecisionTemplate;
  /** Queues a decision record. `time`: milliseconds since the epoch; of now, unless given. Throws `AuditUnavailable`, having queued nothing, when the log is failed. Cost: about a microsecond. */
  decision(template: DecisionTemplate, time?: number): Sequence;
  /** Queues the outcome of the decision that has that sequence. Never throws: when the log is failed the outcome is lost, which the verifier sees. */
  outcome(of: Sequence, template: DecisionTemplate, outcome: OutcomeEvent, time?: number): void;
  /** Queues any event. Throws `AuditUnavailable`. */
  event(event: AuditEvent): Sequence;
  /** Writes all that is queued, synchronously, with one write(2). Nothing to do costs nothing. Throws `AuditUnavailable`. */
  flush(): void;
  /** Resolves when the record and all before it are durable; shares one fdatasync with whoever waits. Rejects with `AuditUnavailable`. */
  durable(sequence: Sequence): Promise<void>;
  /** `event`, then `durable`. */
  append(event: AuditEvent): Promise<Sequence>;
  /** The id by which people name that record (`guardrails why ID`); unique over all writers of a data folder. */
  reference(sequence: Sequence): string;
  /** ok, or why not. */
  readonly health: AuditHealth;
  close(): Promise<void>;
}

export type AuditHealth = { readonly ok: true; readonly written: Sequence; readonly durable: Sequence } | { readonly ok: false; readonly error: string; readonly mend: string };
