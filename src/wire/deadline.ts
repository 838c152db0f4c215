/** A deadline's time ran out. */
export class TooLate extends Error {
  override readonly name = 'TooLate';
}

const tooLate = new TooLate('the time ran out');

/**
 * Ends waits: with other signals, after a time, or when told. Unlike `AbortSignal.any` and `AbortSignal.timeout` it lets go of those signals and of its
 * timer when it is over: a session that goes on for hours holds nothing of how long its beginning might have taken.
 */
export class Deadline {
  readonly #own = new AbortController();
  readonly #others: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout | undefined;

  /** `milliseconds`: undefined for none. `over` MUST be called when that which it is for has ended, in whatever way. */
  constructor(others: readonly AbortSignal[], milliseconds?: number) {
    this.#others = others;
    const aborted = others.find((other) => other.aborted);
    if (aborted !== undefined) {
      this.#own.abort(aborted.reason);
      return;
    }
    for (const other of others) other.addEventListener('abort', this.#otherEnded);
    if (milliseconds === undefined) return;
    this.#timer = setTimeout(() => { this.end(tooLate); }, milliseconds);
    this.#timer.unref();
  }

  get signal(): AbortSignal { return this.#own.signal; }
  get expired(): boolean { return this.#own.signal.reason === tooLate; }

  /** `reason`: what those who wait reject with. */
  end(reason: Error): void {
    this.over();
    if (!this.#own.signal.aborted) this.#own.abort(reason);
  }

  /** Nothing ends it any more. */
  over(): void {
    clearTimeout(this.#timer);
    for (const other of this.#others) other.removeEventListener('abort', this.#otherEnded);
  }

  readonly #otherEnded = (event: Event): void => {
    this.over();
    if (event.target instanceof AbortSignal) this.#own.abort(event.target.reason);
  };
}
