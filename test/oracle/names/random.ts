import { mulberry32 } from '../../../examples/shop/data.ts';

/** Choices that are the same for the same seed. */
export class Random {
  readonly #next: () => number;

  constructor(seed: number) { this.#next = mulberry32(seed); }

  /** An integer from 0, less than `limit`. */
  below(limit: number): number { return Math.floor(this.#next() * limit); }

  chance(share: number): boolean { return this.#next() < share; }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('nothing to choose from');
    return list[this.below(list.length)] as T; // below the length
  }

  /** One of the ways, which it goes. */
  way<T>(...ways: readonly (() => T)[]): T { return this.pick(ways)(); }

  /** From `least` to `most` of them. */
  some<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, make);
  }
}
