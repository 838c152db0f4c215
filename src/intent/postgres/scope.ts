import type { ColumnRef } from '@pgsql/types';
import type { RelationInfo } from '../../core/catalog.ts';
import type { Extent } from '../../core/effect.ts';
import { as } from './parser/grammar.ts';
import { addColumn, type Draft } from './drafts.ts';

/** What a query yields, as far as it can be told. */
export interface SelectResult {
  /** How much of what it is drawn from. */
  readonly extent: Extent;
  /** The number of its rows is bounded: LIMIT, VALUES, an aggregate over all. Of a correlated query that is said of each outer row. */
  readonly limited: boolean;
  /** Whether its first column is a column of a relation in its own FROM, where nothing but relations stands. */
  readonly inner: 'yes' | 'maybe' | 'no';
  /** Names of its columns; undefined when they cannot be told. */
  readonly columns: readonly string[] | undefined;
  /** Where it is bounded. */
  readonly grade: Grade;
  /** What stands behind its columns; absent where conditions on them say nothing of what it is drawn from. */
  readonly made?: Made;
}

/**
 * How sharply a condition picks rows: by one value, by values that are named, by what makes others fail, by a count of values, of which there may be
 * no more, by one end of a range that another may complete.
 */
export type How = 'equal' | 'named' | 'bounded' | 'counted' | 'half';

/**
 * What is bounded is so because a few rows are named; a share of the rows is picked; or only some are taken, in which every value of a column that
 * tells no rows apart may stand.
 */
export type Grade = 'few' | 'share' | 'count';

/** How much of what it is drawn from a query gives. */
export interface Share { readonly extent: Extent; readonly grade: Grade }

/** A query, for whoever puts conditions on its rows from outside. */
export interface Made {
  /** How much of what it is drawn from is left where these hold of its columns, by their place. */
  narrowed(conditions: readonly { readonly place: number; readonly how: How }[]): Share;
  /** The column that it shows at a place as it is. */
  shown(place: number): Origin | undefined;
}

/** A column of one entry. */
export interface Origin { readonly entry: RangeEntry; readonly column: string }

/** One item of a FROM clause, or the target of a statement. */
export interface RangeEntry {
  /** What references call it; empty for a join or query that has no name. */
  readonly alias: string;
  readonly schema: string | undefined;
  /** The alias was written: the relation's own name, and its schema's, mean nothing here. */
  readonly aliased?: boolean;
  /** Names of its columns; undefined when they cannot be told. */
  readonly columns: readonly string[] | undefined;
  /** Whose columns are read; undefined for what is no relation. */
  readonly read: Draft | undefined;
  readonly info: RelationInfo | undefined;
  /** It is another relation than the catalog's of its name, or that one. */
  readonly unsure?: boolean;
  /** What its columns were called, where this session has renamed them. */
  readonly former?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Of what is no relation: how much it yields. */
  readonly yields: Extent;
  /** Where that is bounded. */
  readonly grade?: Grade;
  /** Of a query in FROM. */
  readonly made?: Made;
  /** Seen by qualified references only: `excluded`, `old`, `new`. */
  readonly qualified?: boolean;
  /** Of a cover: what it covers. */
  readonly parts?: readonly RangeEntry[];
  /** Of a cover: whose its columns are. One that is missing is made of several, which the join has read. */
  readonly origins?: ReadonlyMap<string, Origin>;
}

/** Whose `entry`'s column it really is. */
export function originOf(entry: RangeEntry, column: string): Origin | undefined {
  return entry.origins === undefined ? { entry, column } : entry.origins.get(column);
}

/** Names that one query level sees. */
export class Scope {
  readonly parent: Scope | undefined;
  /** The tree of the query, for what is noted of it. */
  readonly owner: object | undefined;
  /** What is drawn from, without covers. */
  readonly entries: RangeEntry[] = [];
  /** Joins, and relations under other names, which stand before what they are made of. */
  readonly covers: RangeEntry[] = [];
  readonly ctes: Map<string, SelectResult>;
  /** Of the root of a command's own statement: that statement, where it is a SELECT. */
  outermost: object | undefined;
  readonly #sight: Map<RangeEntry, 'qualified' | 'hidden'>;

  constructor(parent: Scope | undefined, owner?: object, level?: Scope) {
    this.parent = parent;
    this.owner = owner;
    this.ctes = level?.ctes ?? new Map();
    this.#sight = level === undefined ? new Map() : level.#sight;
  }

  cte(name: string): SelectResult | undefined {
    return this.ctes.get(name) ?? this.parent?.cte(name);
  }

  /** The same level, where of its FROM only these are seen: a join's condition sees its own two sides, a query in FROM without LATERAL nothing. */
  seeing(entries: readonly RangeEntry[], covers: readonly RangeEntry[]): Scope {
    const view = new Scope(this.parent, this.owner, this);
    view.entries.push(...entries);
    view.covers.push(...covers);
    return view;
  }

  /** From here on they are seen by qualified references only, or not at all. */
  limit(entries: readonly RangeEntry[], sight: 'qualified' | 'hidden'): void {
    for (const entry of entries) if (this.#sight.get(entry) !== 'hidden') this.#sight.set(entry, sight);
  }

  /** What a qualified reference may name. */
  named(): RangeEntry[] {
    return [...this.entries, ...this.covers].filter((entry) => this.#sight.get(entry) !== 'hidden');
  }

  /** Whose columns need no qualification, in the order in which they stand: what `*` shows. */
  open(): RangeEntry[] {
    const found = [...this.entries, ...this.covers].filter((entry) => entry.qualified !== true && !this.#sight.has(entry));
    return this.covers.length === 0 ? found : found.toSorted((a, b) => this.entries.indexOf(firstPart(a)) - this.entries.indexOf(firstPart(b)));
  }
}

function firstPart(entry: RangeEntry): RangeEntry {
  const first = entry.parts?.[0];
  return first === undefined ? entry : firstPart(first);
}

export type Resolved =
  | { readonly kind: 'column'; readonly entry: RangeEntry; readonly column: string; readonly scope: Scope; readonly certain: boolean }
  | { readonly kind: 'row'; readonly entry: RangeEntry; readonly scope: Scope }
  | { readonly kind: 'ambiguous'; readonly entries: readonly RangeEntry[] }
  | { readonly kind: 'none' };

const none: Resolved = { kind: 'none' };

/** Whose column it is, searching from the inside out as the server does. `*` is not asked here. A column of a cover is that of what it covers. */
export function resolveColumn(ref: ColumnRef, scope: Scope): Resolved {
  const fields = ref.fields ?? [];
  const first = fields[0] === undefined ? undefined : as(fields[0], 'String')?.sval;
  if (first === undefined) return none;
  if (fields.length === 1) return unqualified(first, scope);
  const names = fields.map((field) => as(field, 'String')?.sval);
  const column = names[names.length - 1];
  const table = names[names.length - 2];
  const schema = names.length > 2 ? names[names.length - 3] : undefined;
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    for (const entry of level.named()) {
      if (entry.alias === table && (schema === undefined || isOfSchema(entry, schema))) {
        return column === undefined ? { kind: 'row', entry, scope: level } : columnOf(entry, column, level, true);
      }
    }
  }
  // `a.b` may also be field b of the composite column a.
  return fields.length === 2 ? unqualified(first, scope) : none;
}

/** The item whose row the name means, where it means one. */
export function rowNamed(name: string, scope: Scope): RangeEntry | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const found = level.named().find((entry) => entry.alias === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** With its schema a relation is named only where it has no other name. One that nobody knows may be in any. */
function isOfSchema(entry: RangeEntry, schema: string): boolean {
  return entry.read !== undefined && entry.aliased !== true && (entry.schema === undefined || entry.schema === schema);
}

function columnOf(entry: RangeEntry, column: string, scope: Scope, certain: boolean): Resolved {
  const stored = isStored(entry) && systemColumns.has(column) ? firstPart(entry) : entry;
  return { kind: 'column', ...originOf(entry, column) ?? { entry: stored, column }, scope, certain };
}

export const systemColumns: ReadonlySet<string> = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

/** It has system columns: a relation with rows of its own, under whatever name. */
function isStored(entry: RangeEntry): boolean {
  const relation = entry.parts?.length === 1 ? firstPart(entry) : entry;
  return relation.read !== undefined && relation.info?.kind !== 'view';
}

/** A column of any level comes before a row of any; where columns are not known it may be either, and is taken for whatever tells more. */
function unqualified(name: string, scope: Scope): Resolved {
  const unknown: RangeEntry[] = [];
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const entries = level.open();
    const sure = entries.filter((entry) => entry.columns?.includes(name) === true || (isStored(entry) && systemColumns.has(name)));
    const [found] = sure;
    if (found !== undefined) {
      // What is nearer may have such a column, and then the other is not read; that it is must not be missed.
      const nearer = unknown.filter((entry) => entry.read !== undefined);
      return nearer.length + sure.length === 1 ? columnOf(found, name, level, unknown.length === 0) : { kind: 'ambiguous', entries: [...nearer, ...sure] };
    }
    unknown.push(...entries.filter((entry) => entry.columns === undefined));
  }
  return row(name, scope);
}

function row(name: string, scope: Scope): Resolved {
  const unknown: RangeEntry[] = [];
  let innermost: { readonly entries: readonly RangeEntry[]; readonly level: Scope } | undefined;
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const whole = level.named().find((entry) => entry.alias === name);
    const open = level.open().filter((entry) => entry.columns === undefined);
    unknown.push(...open.filter((entry) => entry.read !== undefined && entry !== whole));
    if (whole !== undefined) return unknown.length === 0 ? { kind: 'row', entry: whole, scope: level } : { kind: 'ambiguous', entries: [...unknown, whole] };
    if (open.length > 0) innermost ??= { entries: open, level };
  }
  const [first, ...others] = innermost?.entries ?? [];
  if (first === undefined || innermost === undefined) return none;
  return others.length === 0 ? { kind: 'column', entry: first, column: name, scope: innermost.level, certain: false } : { kind: 'ambiguous', entries: [first, ...others] };
}

export function readWhole(entry: RangeEntry): void {
  if (entry.read !== undefined) entry.read.columns = 'all';
  entry.parts?.forEach(readWhole);
}

/** What is no column of a relation that is known is a function of its whole row. */
export function readColumn(entry: RangeEntry, column: string): void {
  const origin = originOf(entry, column);
  if (origin === undefined ? entry.columns?.includes(column) === false : isFunction(origin)) readWhole(entry);
  else if (origin?.entry.read !== undefined) for (const name of [origin.column, ...origin.entry.former?.get(origin.column) ?? []]) addColumn(origin.entry.read, name);
}

function isFunction({ entry, column }: Origin): boolean {
  return entry.info !== undefined && entry.columns?.includes(column) === false && !systemColumns.has(column);
}
