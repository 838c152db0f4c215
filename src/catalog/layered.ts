/** A map that is made from another with few changes: they lie over it, so that it need not be copied. */
export class Layered<Key, Value> {
  readonly #under: ReadonlyMap<Key, Value>;
  readonly #over: ReadonlyMap<Key, Value | undefined>;

  constructor(under: ReadonlyMap<Key, Value>, over: ReadonlyMap<Key, Value | undefined> = new Map()) {
    this.#under = under;
    this.#over = over;
  }

  get(key: Key): Value | undefined {
    const over = this.#over.get(key);
    return over === undefined && !this.#over.has(key) ? this.#under.get(key) : over;
  }

  *values(): IterableIterator<Value> {
    for (const [key, value] of this.#under) if (!this.#over.has(key)) yield value;
    for (const value of this.#over.values()) if (value !== undefined) yield value;
  }

  /** `undefined` takes one away. */
  with(changes: ReadonlyMap<Key, Value | undefined>): Layered<Key, Value> {
    return changes.size === 0 ? this : new Layered(this.#under, new Map([...this.#over, ...changes]));
  }
}
