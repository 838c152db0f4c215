import { type AuditHealth, type AuditLog, AuditUnavailable, type DecisionTemplate, type Sequence } from '../../src/core/audit-log.ts';
import type { AuditEvent, DecisionEvent, OutcomeEvent } from '../../src/core/event.ts';

/** A log in memory that keeps the order of what happened and fails when told to. */
export class MemoryLog implements AuditLog {
  /** In order: what was queued, and `flush` and `durable` where they took effect. */
  readonly entries: (AuditEvent | (OutcomeEvent & { readonly of: Sequence }))[] = [];
  #written = 0;
  #durable = 0;
  #failure: AuditUnavailable | undefined;
  #flushFails = false;
  /** Holds back `durable` until released. */
  #gate: Promise<void> | undefined;
  #open: (() => void) | undefined;

  fail(): void { this.#failure = new AuditUnavailable('no space left on the device', 'make room'); }
  /** What is queued is taken, and then cannot be written. */
  failAtFlush(): void { this.#flushFails = true; }
  recover(): void { this.#failure = undefined; }
  holdDurable(): void { this.#gate = new Promise((resolve) => { this.#open = resolve; }); }
  releaseDurable(): void {
    this.#open?.();
    this.#gate = undefined;
  }

  get decisions(): readonly DecisionEvent[] { return this.entries.filter((entry) => entry.type === 'decision'); }
  get outcomes(): readonly OutcomeEvent[] { return this.entries.filter((entry) => entry.type === 'outcome'); }

  template(event: DecisionEvent): DecisionTemplate { return { event }; }
  decision(template: DecisionTemplate): Sequence { return this.event(template.event); }
  outcome(of: Sequence, _template: DecisionTemplate, outcome: OutcomeEvent): void { if (this.#failure === undefined) this.entries.push({ ...outcome, of }); }
  event(event: AuditEvent): Sequence {
    if (this.#failure !== undefined) throw this.#failure;
    return this.entries.push(event);
  }
  flush(): void {
    if (this.#flushFails) this.fail();
    if (this.#failure !== undefined) throw this.#failure;
    this.#written = this.entries.length;
  }
  async durable(): Promise<void> {
    await this.#gate;
    this.flush();
    this.#durable = this.#written;
  }
  async append(event: AuditEvent): Promise<Sequence> {
    const sequence = this.event(event);
    await this.durable();
    return sequence;
  }
  reference(sequence: Sequence): string { return `memory/${sequence}`; }
  get health(): AuditHealth {
    return this.#failure === undefined ? { ok: true, written: this.#written, durable: this.#durable } : { ok: false, error: this.#failure.message, mend: this.#failure.mend };
  }
  async close(): Promise<void> { await Promise.resolve(); }
}
