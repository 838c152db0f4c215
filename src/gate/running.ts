import type { Sequence } from '../core/audit-log.ts';
import type { OutcomeEvent } from '../core/event.ts';
import type { Decided, Understood } from './admission.ts';
import type { Settling } from './permit.ts';

/** A command on its way to the target and back. */
export class Running implements Settling {
  readonly #session: { settled(command: Running, outcome: OutcomeEvent): void };
  readonly meant: Understood;
  readonly decided: Decided;
  /** Of its decision. */
  readonly sequence: Sequence;
  /** Milliseconds since the epoch. */
  readonly started: number;
  /** It runs in a batch, whose end may still take it back. */
  readonly implicit: boolean;

  constructor(session: { settled(command: Running, outcome: OutcomeEvent): void }, meant: Understood, decided: Decided, sequence: Sequence, started: number, implicit: boolean) {
    this.#session = session;
    this.meant = meant;
    this.decided = decided;
    this.sequence = sequence;
    this.started = started;
    this.implicit = implicit;
  }

  settled(outcome: OutcomeEvent): void { this.#session.settled(this, outcome); }
}
