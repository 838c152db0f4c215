import type { AuditLog, Sequence } from '../core/audit-log.ts';
import type { Command } from '../core/gate.ts';
import type { Meter } from '../core/meter.ts';
import type { Understood } from './admission.ts';

export interface DurabilityParts {
  readonly durability: 'normal' | 'strict';
  readonly log: AuditLog;
  readonly meter: Meter;
  readonly clock: () => number;
}

/** Which of one session's records must be durable before what. */
export class Durability {
  readonly #parts: DurabilityParts;
  /** Newest record of something that would change; what ends its transaction waits until it is durable. */
  #newestWrite: Sequence = 0;

  constructor(parts: DurabilityParts) {
    this.#parts = parts;
  }

  /** The record that must be durable before a command is forwarded, of which `sequence` is the decision's; undefined where none must. */
  awaitedBy(meant: Understood, command: Command, sequence: Sequence): Sequence | undefined {
    if (meant.writes) this.#newestWrite = sequence;
    if (!this.#awaits(meant, command)) return undefined;
    // A COMMIT makes final what was decided before it; its own record changes nothing, and is written like that of a read.
    return meant.writes || meant.irrevocable || this.#parts.durability === 'strict' ? sequence : this.#newestWrite;
  }

  #awaits(meant: Understood, command: Command): boolean {
    if (meant.irrevocable || this.#parts.durability === 'strict') return true;
    if (meant.transaction === 'commit' || meant.transaction === 'prepare-transaction') return meant.writes || this.#newestWrite > this.#soFar();
    // What follows a ROLLBACK in one text runs in a transaction of its own.
    if (meant.writes && meant.transaction === 'rollback') return true;
    // In an explicit transaction COMMIT waits, in an extended batch Sync does (`ofWrites`).
    return meant.writes && command.transaction !== 'open' && command.transaction !== 'batch';
  }

  #soFar(): Sequence {
    const { health } = this.#parts.log;
    return health.ok ? health.durable : -1;
  }

  /** Rejects when recording failed. */
  async reached(sequence: Sequence): Promise<void> {
    const started = this.#parts.clock();
    await this.#parts.log.durable(sequence);
    this.#parts.meter.step('record', this.#parts.clock() - started);
  }

  /** All that was to change something; undefined when there is nothing to wait for. */
  ofWrites(): Promise<void> | undefined {
    const newest = this.#newestWrite;
    return newest === 0 || newest <= this.#soFar() ? undefined : this.reached(newest);
  }
}
