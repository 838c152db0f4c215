import type { Random } from './random.ts';

/** What a query can name in its FROM: columns that are integers, and others, which only whole rows and `*` show. */
export interface Item { readonly alias: string; readonly schema?: string; readonly columns: readonly string[]; readonly others: readonly string[]; /** Whether system columns can be asked of it. */ readonly stored: boolean }

/** A relation of the database. */
export interface Table { readonly schema: string; readonly name: string; readonly columns: readonly string[]; readonly others: readonly string[]; readonly view: boolean }

/** What a session can name. */
export interface Names { readonly tables: readonly Table[]; /** The schemas in which the server looks for an unqualified name, in order. */ readonly path: readonly string[] }

/** The output of a query, by name; undefined where a column has no certain name. */
export type Output = readonly (string | undefined)[];

export interface Query { readonly text: string; readonly output: Output }

/** The parts that hold each other; handed in, so that no file needs another's. */
export interface Parts {
  /** `width` integers wide where that matters. */
  query(making: Making, width?: number): Query;
  /** A statement that changes rows, with the queries in it. */
  change(making: Making): Query;
}

export interface Cte { readonly name: string; readonly columns: Output }

/** One query level. */
export interface Level { readonly items: Item[]; readonly ctes: Cte[] }

/**
 * One statement while it is being made. It keeps scopes as the server does, so that most of what comes out means something; what does
 * not, the server refuses, and nobody compares it.
 */
export class Making {
  readonly random: Random;
  readonly names: Names;
  readonly #parts: Parts;
  /** What stands in the statement: agreement is counted by these. */
  readonly kinds = new Set<string>();
  /** From the inside out. */
  levels: readonly Level[] = [];
  /** Parts that may still be made; after that only the smallest ones are. */
  budget: number;

  constructor(random: Random, names: Names, parts: Parts, budget: number) {
    this.random = random;
    this.names = names;
    this.#parts = parts;
    this.budget = budget;
  }

  query(width?: number): Query { return this.#parts.query(this, width); }
  change(): Query { return this.#parts.change(this); }

  get small(): boolean { return this.budget <= 0; }

  /** Makes a part that sees what the present level does, and what it adds itself. */
  within<T>(make: (level: Level) => T): T {
    const outer = this.levels;
    const level: Level = { items: [], ctes: [] };
    this.levels = [level, ...outer];
    this.budget--;
    const made = make(level);
    this.levels = outer;
    return made;
  }

  /** Makes a part that does not see the items of this level: what stands in FROM without LATERAL. */
  besides<T>(make: () => T): T {
    const outer = this.levels;
    this.levels = outer.map((level, i) => i === 0 ? { items: [], ctes: level.ctes } : level);
    const made = make();
    this.levels = outer;
    return made;
  }

  /** Whether the unqualified name of a table means something else here. */
  isHidden(table: Table): boolean {
    const found = this.names.path.find((schema) => this.names.tables.some((one) => one.schema === schema && one.name === table.name));
    return found !== table.schema || this.ctes().some(({ name }) => name === table.name);
  }

  ctes(): readonly Cte[] { return this.levels.flatMap(({ ctes }) => ctes); }
}

/** Names that aliases take: those of tables, columns and functions, so that they hide each other. */
export const aliases: readonly string[] = ['a', 'b', 'c', 't', 'u', 'x', 'y', 'id', 'lower', 'max', 'T u', 'v', 'p', 'q', 'É'];

const plain = /^[a-z_][a-z0-9_]*$/;
const reserved = new Set(['user', 'all', 'end', 'table', 'select']);

/** The name as some person would write it. */
export function written(name: string, { random, kinds }: Making): string {
  if (plain.test(name) && !reserved.has(name)) {
    if (random.chance(0.8)) return name;
    kinds.add('folded or escaped');
    return random.way(() => name.toUpperCase(), () => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, () => `"${name}"`, () => escaped(name, '\\', ''), () => escaped(name, '!', ' UESCAPE \'!\''));
  }
  kinds.add('quoted');
  return random.chance(0.9) ? `"${name.replaceAll('"', '""')}"` : escaped(name, '\\', '');
}

function escaped(name: string, mark: string, suffix: string): string {
  const first = (name.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
  return `U&"${mark}${first}${name.slice(1)}"${suffix}`;
}
