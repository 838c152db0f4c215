import type { ColumnRef } from '@pgsql/types';
import type { RelationInfo } from '../../core/catalog.ts';
import type { Extent } from '../../core/effect.ts';
import { as } from './parser/grammar.ts';
import { addColumn, type Draft } from './reading.ts';

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
}

/** One item of a FROM clause, or the target of a statement. */
export interface RangeEntry {
  /** What references call it. */
  readonly alias: string;
  readonly schema: string | undefined;
  /** Names of its columns; undefined when they cannot be told. */
  readonly columns: readonly string[] | undefined;
  /** Whose columns are read; undefined for what is no relation. */
  readonly read: Draft | undefined;
  readonly info: RelationInfo | undefined;
  /** Of what is no relation: how much it yields. */
  readonly yields: Extent;
  /** A LIMIT alone bounds it: as many values as that, which may be all there are. */
  readonly sampled?: boolean;
  /** Seen by qualified references only: `excluded`, `old`, `new`. */
  readonly qualified?: boolean;
}

/** Names that one query level sees. */
export class Scope {
  readonly parent: Scope | undefined;
  /** The tree of the query, for what is noted of it. */
  readonly owner: object | undefined;
  readonly entries: RangeEntry[] = [];
  readonly ctes = new Map<string, SelectResult>();
  /** Of the root of a command's own statement: that statement, where it is a SELECT. */
  outermost: object | undefined;
  /** Names of the output columns that ORDER BY and GROUP BY may use. */
  outputs: ReadonlySet<string> | undefined;

  constructor(parent: Scope | undefined, owner?: object) {
    this.parent = parent;
    this.owner = owner;
  }

  cte(name: string): SelectResult | undefined {
    return this.ctes.get(name) ?? this.parent?.cte(name);
  }
}

export type Resolved =
  | { readonly kind: 'column'; readonly entry: RangeEntry; readonly column: string; readonly scope: Scope; readonly certain: boolean }
  | { readonly kind: 'row'; readonly entry: RangeEntry; readonly scope: Scope }
  | { readonly kind: 'ambiguous'; readonly entries: readonly RangeEntry[] }
  | { readonly kind: 'none' };

const none: Resolved = { kind: 'none' };

/** Whose column it is, searching from the inside out as the server does. `*` is not asked here. */
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
    for (const entry of level.entries) {
      if (entry.alias === table && (schema === undefined || entry.schema === undefined || entry.schema === schema)) {
        return column === undefined ? { kind: 'row', entry, scope: level } : { kind: 'column', entry, column, scope: level, certain: true };
      }
    }
  }
  // `a.b` may also be field b of the composite column a.
  return fields.length === 2 ? unqualified(first, scope) : none;
}

export const systemColumns: ReadonlySet<string> = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

function unqualified(name: string, scope: Scope): Resolved {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const entries = level.entries.filter((entry) => entry.qualified !== true);
    const sure = entries.filter((entry) => entry.columns?.includes(name) === true || (entry.read !== undefined && systemColumns.has(name)));
    if (sure[0] !== undefined) return sure.length === 1 ? { kind: 'column', entry: sure[0], column: name, scope: level, certain: true } : { kind: 'ambiguous', entries: sure };
    const open = entries.filter((entry) => entry.columns === undefined);
    const whole = level.entries.find((entry) => entry.alias === name);
    if (whole !== undefined) return { kind: 'row', entry: whole, scope: level };
    if (open.length > 1) return { kind: 'ambiguous', entries: open };
    if (open[0] !== undefined) return { kind: 'column', entry: open[0], column: name, scope: level, certain: false };
  }
  return none;
}

export function readWhole(entry: RangeEntry): void {
  if (entry.read !== undefined) entry.read.columns = 'all';
}

export function readColumn(entry: RangeEntry, column: string): void {
  if (entry.read !== undefined) addColumn(entry.read, column);
}
