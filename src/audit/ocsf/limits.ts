/** How much text from outside a record may hold; a record must not pass 65,535 bytes, whatever it is about. */
export interface Limits {
  /** UTF-16 units of a name or sentence. */
  readonly text: number;
  /** UTF-16 units of a command's shape. */
  readonly shape: number;
  /** Members of a list. */
  readonly items: number;
}

/** Tried in order until the record fits. The last always does: a unit takes 6 bytes at most, and a record has fewer than a hundred such texts. */
export const limitSteps: readonly Limits[] = [
  { text: 1024, shape: 16_384, items: 64 },
  { text: 512, shape: 8192, items: 32 },
  { text: 256, shape: 2048, items: 12 },
  { text: 128, shape: 1024, items: 4 },
  { text: 48, shape: 256, items: 1 },
];

/** Cuts what is from outside to the limits and remembers whether it had to. Lone surrogates, which canonical JSON cannot hold, become U+FFFD. */
export class Fit {
  readonly #limits: Limits;
  cut = false;

  constructor(limits: Limits) { this.#limits = limits; }

  text(text: string): string { return this.#upTo(text, this.#limits.text); }
  shape(text: string): string { return this.#upTo(text, this.#limits.shape); }

  list<T>(items: readonly T[]): readonly T[] {
    if (items.length <= this.#limits.items) return items;
    this.cut = true;
    return items.slice(0, this.#limits.items);
  }

  #upTo(text: string, length: number): string {
    if (text.length <= length) return text.toWellFormed();
    this.cut = true;
    return `${text.slice(0, length - 1)}…`.toWellFormed();
  }
}

/** How many `list` left out, for the record; undefined when none. */
export function leftOut(all: { readonly length: number }, kept: { readonly length: number }): number | undefined {
  return all.length === kept.length ? undefined : all.length - kept.length;
}
