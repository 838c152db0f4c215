import type { Socket } from 'node:net';
import type { Permit } from '../../core/gate.ts';
import { type Mark, Outflow } from './outflow.ts';

/**
 * Messages that carry no command of their own: they act on what was admitted (Bind, Describe, Execute's portal), end something (Sync, Flush,
 * Close, Terminate), or are the data of an admitted COPY.
 */
const carriesNoCommand = new Uint8Array(256);
for (const type of 'BDCHSXdcf') carriesNoCommand[type.charCodeAt(0)] = 1;

/** The only road to the target: a command needs its permit, spent here; what carries no command passes by its type alone. */
export class Door {
  readonly #out: Outflow;

  constructor(upstream: Socket) {
    this.#out = new Outflow(upstream);
  }

  get empty(): boolean { return this.#out.empty; }

  /** Spends the permit. Throws when it was spent before: one permit, one command. */
  send(permit: Permit, buffer: Buffer, start: number, end: number): void {
    permit.spend();
    this.#out.add(buffer, start, end);
  }

  relay(buffer: Buffer, start: number, end: number): void {
    if (carriesNoCommand[buffer[start] ?? 0] !== 1) throw new Error('a command came to the door without a permit');
    this.#out.add(buffer, start, end);
  }

  /** The rest of a message whose beginning has passed. */
  relayRest(buffer: Buffer, start: number, end: number): void { this.#out.add(buffer, start, end); }

  /** One of the gate's own constants (poison, Flush, its questions): never bytes from a client. */
  say(constant: Buffer): void { this.#out.add(constant, 0, constant.length); }

  /** Where the next message will stand; holds until the next `flush` or `drop`. */
  mark(): Mark { return this.#out.mark(); }

  /** As `say`, at a place that was marked before. */
  sayAt(mark: Mark, constant: Buffer): void { this.#out.insert(mark, constant); }

  /** Forgets what was not sent. True when that was anything. */
  drop(): boolean {
    const any = !this.#out.empty;
    this.#out.drop();
    return any;
  }

  behind(mark: Mark): number { return this.#out.behind(mark); }
  flushBefore(mark: Mark): boolean { return this.#out.flushBefore(mark); }
  flush(): boolean { return this.#out.flush(); }
}
