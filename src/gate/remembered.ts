import type { Understood } from './admission.ts';
import type { SharedInterpretations } from './interpretations.ts';

/** Texts of which the decision is remembered, for clients that send the same ones again. */
const REMEMBERED = 256;
/** Longer texts are seldom sent twice. UTF-16 code units. */
const LONGEST_REMEMBERED = 4096;

/** What the texts of one session meant lately. Whether it still holds is for who asks. */
export class Remembered {
  readonly #interpretations: SharedInterpretations;
  #texts = new Map<string, Understood>();
  /** What was permitted and holds for all texts of one key: no literal mattered, and nothing of the session did. */
  readonly #alike = new Map<string, Understood>();

  constructor(interpretations: SharedInterpretations) {
    this.#interpretations = interpretations;
  }

  same(text: string): Understood | undefined { return this.#texts.get(text); }

  /** A permitted text that differs in plain literals alone. */
  alike(text: string): Understood | undefined {
    const key = this.#interpretations.keyOf(text);
    return key === undefined ? undefined : this.#alike.get(key);
  }

  keep(text: string, meant: Understood): void {
    if (text.length > LONGEST_REMEMBERED) return;
    if (this.#texts.size >= REMEMBERED) this.#texts = new Map();
    this.#texts.set(text, meant);
  }

  /** Of a permitted text. */
  keepAlike(text: string, meant: Understood): void {
    const { literalsThatMatter, readsSession } = meant.interpretation;
    if (literalsThatMatter.length > 0 || readsSession || meant.next !== undefined) return;
    const key = this.#interpretations.keyOf(text);
    if (key === undefined) return;
    if (this.#alike.size >= REMEMBERED) this.#alike.clear();
    this.#alike.set(key, meant);
  }
}
