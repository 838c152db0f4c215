import type { Catalog } from '../core/catalog.ts';
import { type BoundValue, initialState, type Interpretation, type Interpreter, type SessionState, type Shaper } from '../core/interpretation.ts';

/** Stands for "the state it started from" in an interpretation that several sessions share. */
export const unchanged: SessionState = { ...initialState };

/** Longer texts are seldom sent twice; they would push out many that are. UTF-16 code units. */
const LONGEST_SHARED = 4096;
const MOST_SHARED = 8192;

/**
 * Interpretations of one database that all its sessions share. What an interpretation depends on is part of where it is found:
 * the catalog (all is dropped when it changes) and those parts of a session's state that give names their meaning.
 * Interpretations that read a session's own names, or values that were bound, are never kept here.
 */
export class SharedInterpretations {
  readonly #interpreter: Interpreter & Partial<Shaper>;
  #catalog: Catalog | undefined;
  #byMeaning = new Map<string, Map<string, Interpretation>>();
  #size = 0;

  constructor(interpreter: Interpreter & Partial<Shaper>) {
    this.#interpreter = interpreter;
  }

  /** See `Shaper`. */
  keyOf(text: string): string | undefined { return this.#interpreter.shapeKey?.(text); }

  interpret(text: string, catalog: Catalog, state: SessionState, meaning: string | undefined, values?: readonly BoundValue[]): Interpretation | Promise<Interpretation> {
    if (meaning === undefined || values !== undefined) return this.#interpreter.interpret(text, catalog, state, values);
    if (catalog !== this.#catalog || this.#size >= MOST_SHARED) {
      this.#catalog = catalog;
      this.#byMeaning.clear();
      this.#size = 0;
    }
    const found = this.#byMeaning.get(meaning)?.get(text);
    if (found !== undefined) return found;
    const made = this.#interpreter.interpret(text, catalog, state);
    // Only a text that changes nothing can be shared: what it leads to is made from the one session's state.
    if (made instanceof Promise || made.readsSession || made.nextState !== state || text.length > LONGEST_SHARED) return made;
    let texts = this.#byMeaning.get(meaning);
    if (texts === undefined) this.#byMeaning.set(meaning, texts = new Map());
    const shared: Interpretation = {
      statements: made.statements, nextState: unchanged, literalsThatMatter: made.literalsThatMatter, readsSession: false,
      // Worked out when asked for.
      get shape() { return made.shape; },
    };
    texts.set(text, shared);
    this.#size++;
    return shared;
  }
}

/** The parts of a state that give names their meaning, as one string. Sessions with relations or changes of their own share with nobody (undefined). */
export function meaningOf(state: SessionState): string | undefined {
  if (state.ownRelations.size > 0 || state.changed.size > 0) return undefined;
  const path = written(state.searchPath);
  return `${state.encoding} ${state.standardConformingStrings} ${state.role} ${path}${past(state)}`;
}

/** The list that was written last; a session's is the same object for most of its life. */
let latest: { readonly schemas: readonly string[]; readonly text: string } = { schemas: [], text: '[]' };

function written(schemas: SessionState['searchPath']): string {
  if (schemas === 'unknown') return '?';
  if (schemas !== latest.schemas) latest = { schemas, text: JSON.stringify(schemas) };
  return latest.text;
}

/** ROLLBACK and RESET mean nothing in one session and much in another that has the same search path. */
function past({ history, searchPath }: SessionState): string {
  if (history === undefined || (history.begin === undefined && history.start === searchPath)) return '';
  return ` ${history.begin?.changed ?? '-'} ${written(history.start)}`;
}
