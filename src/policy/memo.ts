import type { Decision } from '../core/decision.ts';
import type { Principal } from '../core/principal.ts';
import { isScoped, principalKey } from './class-key.ts';
import type { Verdict } from './verdict.ts';

/** What is remembered for all principals of one content. */
export interface Remembered {
  readonly scoped: boolean;
  readonly verdicts: Map<string, Verdict>;
  readonly decisions: Map<string, Decision>;
}

/** Entries of all principals together; some 300 bytes each. Filled by what clients send, so it has an end: then all of it is dropped. */
const mostEntries = 50_000;
const mostPrincipals = 5_000;

/** Answers by the content of the principal, so that a directory may make its objects anew. Dropped whole on every reload. */
export class Memo {
  #byObject = new WeakMap<Principal, Remembered>();
  readonly #byContent = new Map<string, Remembered>();
  #entries = 0;

  of(principal: Principal): Remembered {
    const known = this.#byObject.get(principal);
    if (known !== undefined) return known;
    const key = principalKey(principal);
    let remembered = this.#byContent.get(key);
    if (remembered === undefined) {
      if (this.#byContent.size >= mostPrincipals) this.clear();
      remembered = { scoped: isScoped(principal), verdicts: new Map(), decisions: new Map() };
      this.#byContent.set(key, remembered);
    }
    this.#byObject.set(principal, remembered);
    return remembered;
  }

  /** Call before adding an entry; what was returned by `of` before stays usable, but may be remembered no more. */
  makeRoom(): void {
    this.#entries += 1;
    if (this.#entries > mostEntries) this.clear();
  }

  clear(): void {
    for (const remembered of this.#byContent.values()) { remembered.verdicts.clear(); remembered.decisions.clear(); }
    this.#byContent.clear();
    this.#byObject = new WeakMap();
    this.#entries = 0;
  }
}
