import type { Extent, OpaqueReason, Sink, Span, Verb } from '../../core/effect.ts';
import type { EntityRef } from '../../core/resource.ts';
import { anyName } from './functions/act.ts';

/** An effect while it is being worked out. */
export interface Draft {
  verb: Verb;
  resource: EntityRef;
  extent: Extent;
  columns: readonly string[] | 'all';
  reversible: boolean;
  span: Span;
  via: readonly EntityRef[];
  sink?: Sink;
  reason?: OpaqueReason;
  note?: string;
  outsideTransaction?: boolean;
  /** Of a child table: it is read as far as these are, which is settled later. */
  likes?: readonly Draft[];
  /** Of a table: nothing is done to its partitions or children. */
  alone?: boolean;
}

export type Details = Partial<Omit<Draft, 'verb' | 'resource' | 'via'>>;

const widths: { readonly [E in Extent]: number } = { none: 0, one: 1, bounded: 2, unknown: 3, all: 4 };

export function wider(a: Extent, b: Extent): Extent {
  return widths[a] >= widths[b] ? a : b;
}

/** True when no row, or a proven share of the rows, is meant. */
export function isBounded(extent: Extent): boolean {
  return widths[extent] <= widths.bounded;
}

export const irreversible = new Set<Verb>(['update', 'delete', 'destroy', 'export', 'opaque']);

/** Ways by which an expression does something. */
export const computing: ReadonlySet<EntityRef['kind']> = new Set(['function', 'operator', 'cast', 'type']);

/** What came from here, through a way that counts, happens again and again. */
export function widen(drafts: readonly Draft[], from: readonly EntityRef[], counts: (way: EntityRef) => boolean, to: Extent = 'unknown'): void {
  for (const draft of drafts) {
    const way = draft.via[from.length];
    if (way !== undefined && counts(way) && from.every((ref, i) => ref === draft.via[i])) draft.extent = repeatedExtent(draft.verb, draft.resource, draft.extent, to);
  }
}

export function repeatedExtent(verb: Verb, resource: EntityRef, extent: Extent, to: Extent = 'unknown'): Extent {
  // A sequence has one value, however often it moves; one whose name is computed may be another each time.
  if (resource.kind === 'sequence' && resource.path[0] !== anyName) return extent;
  return (verb === 'update' || verb === 'delete') && isBounded(extent) ? wider(extent, to) : extent;
}

export function merge(into: Draft, from: Draft): Draft {
  // One row here and one there are two.
  into.extent = into.extent === 'one' && from.extent === 'one' ? repeatedExtent(into.verb, into.resource, 'one', 'bounded') : wider(into.extent, from.extent);
  if (!from.reversible) into.reversible = false;
  if (from.outsideTransaction === true) into.outsideTransaction = true;
  if (from.alone !== true) into.alone = false;
  if (from.likes !== undefined) into.likes = [...into.likes ?? [], ...from.likes];
  if (from.columns === 'all') into.columns = 'all';
  else for (const column of from.columns) addColumn(into, column);
  return into;
}

export function addColumn(draft: Draft, column: string): void {
  if (draft.columns !== 'all' && !draft.columns.includes(column)) draft.columns = [...draft.columns, column];
}
