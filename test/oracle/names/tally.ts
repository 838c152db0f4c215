/** What came of one statement. `opaque`: we say that something in it is not understood, and by that it is refused. */
export type Outcome = 'same' | 'less' | 'more' | 'opaque';

type Counts = { [O in Outcome]: number };

/** Outcomes by kind of statement, and by what stands in it. */
export class Tally {
  readonly #kinds = new Map<string, Counts>();
  statements = 0;
  refused = 0;

  add(kinds: Iterable<string>, outcome: Outcome): void {
    this.statements++;
    for (const kind of kinds) {
      const counts = this.#kinds.get(kind) ?? { same: 0, less: 0, more: 0, opaque: 0 };
      counts[outcome]++;
      this.#kinds.set(kind, counts);
    }
  }

  lines(): string[] {
    return [...this.#kinds].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, { same, less, more, opaque }]) => {
      const all = same + less + more + opaque;
      const rest = [less > 0 ? `${less} read more than we say` : '', more > 0 ? `${more} read less` : '', opaque > 0 ? `${opaque} opaque` : ''].filter((part) => part !== '');
      return `${kind.padEnd(24)} ${String(all).padStart(6)}  ${(100 * same / all).toFixed(1).padStart(5)} %${rest.length === 0 ? '' : `  ${rest.join(', ')}`}`;
    });
  }
}
