import { type AuditLog, AuditUnavailable } from '../core/audit-log.ts';
import { type Refusal, refusal } from '../core/refusal.ts';

/** The refusal for everything while recording does not work. */
export function auditUnavailable(error: unknown): Refusal {
  const mend = error instanceof AuditUnavailable ? error.mend : 'see the gateway\'s log';
  const why = error instanceof AuditUnavailable ? error.message : 'recording failed';
  return refusal('audit-unavailable', 'the gate cannot record, so it lets nothing pass', mend, { detail: [why] });
}

/**
 * The end of a turn of the event loop: one write(2) for the records of all sessions, then each session's bytes to its target.
 * This is what makes "written before it is forwarded" cost one system call for all that arrived together.
 */
export class Turn {
  readonly #log: AuditLog;
  #waiting: ((failed: Refusal | undefined) => void)[] = [];

  constructor(log: AuditLog) {
    this.#log = log;
  }

  afterRecord(write: (failed: Refusal | undefined) => void): void {
    this.#waiting.push(write);
    if (this.#waiting.length === 1) setImmediate(this.#end);
  }

  /** Writes what was recorded so far, before the turn ends. A refusal when that failed. */
  record(): Refusal | undefined {
    try {
      this.#log.flush();
      return undefined;
    } catch (error) {
      return auditUnavailable(error);
    }
  }

  readonly #end = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    const failed = this.record();
    for (const write of waiting) write(failed);
  };
}
