import type { Node } from '@pgsql/types';
import type { Extent } from '../../core/effect.ts';
import { closedRanges, isApart } from './bounding.ts';
import { isColumnChanged } from './changes.ts';
import type { JoinCondition } from './joins.ts';
import type { Operand } from './operand.ts';
import { as } from './parser/grammar.ts';
import { limits, prove, type Limit, type Link, type Proof } from './proof.ts';
import { isBounded } from './drafts.ts';
import type { Reading } from './reading.ts';
import type { Grade, How, RangeEntry, Scope } from './scope.ts';
import { isMade, madeOf } from './shown.ts';

function conjuncts(node: Node, into: Node[]): void {
  const all = as(node, 'BoolExpr');
  if (all?.boolop === 'AND_EXPR') for (const arg of all.args ?? []) conjuncts(arg, into);
  else into.push(node);
}

const coarseness: { readonly [G in Grade]: number } = { few: 0, share: 1, count: 2 };

export function coarser(a: Grade, b: Grade): Grade {
  return coarseness[a] >= coarseness[b] ? a : b;
}

interface Found {
  extent: Extent;
  /** Where that is bounded. */
  grade: Grade;
  /** Columns that are equal to one value. */
  readonly equal: Set<string>;
  /** Columns that are equal to one of the values that are named. */
  readonly named: Set<string>;
  /** Of what a query makes: what is known of its columns, by their place. */
  known: readonly { readonly place: number; readonly how: How }[];
  /** A row of this entry comes with one of each of these: an outer join fills none of them with NULL beside it. */
  readonly needs: Set<RangeEntry>;
}

/** A condition from outside of the query, on a column that it shows. */
export interface Given { readonly side: Operand; readonly how: How }

/** How much of each entry of a FROM is left, and how all of it is bounded, where it is. */
export interface Extents { readonly extents: ReadonlyMap<RangeEntry, Extent>; readonly grade: Grade }

/**
 * How much of each entry of a query's FROM its conditions let through (all expressions have been walked before). The answer is for
 * whoever must not be fooled: what is not proven is `unknown`.
 */
export function extentsOf(where: Node | undefined, joins: readonly JoinCondition[], scope: Scope, reading: Reading, given: readonly Given[] = []): Extents {
  const known = new Known(scope, reading);
  for (const { quals, limits: limited, scope: seen } of joins) known.learnAll(quals, limited, seen);
  if (where !== undefined) known.learnAll(where, scope.entries, scope);
  for (const { side, how } of given) known.learn(limits(side, how, reading), scope.entries);
  return known.extents();
}

class Known {
  readonly #found: ReadonlyMap<RangeEntry, Found>;
  /** `limited`: of which entries no row passes for which the two are not equal, unless it was filled with NULL. */
  readonly #links: (Link & { readonly limited: readonly RangeEntry[] })[] = [];
  readonly #reading: Reading;

  constructor(scope: Scope, reading: Reading) {
    this.#reading = reading;
    this.#found = new Map(scope.entries.map((entry) => [entry, { extent: entry.yields, grade: entry.grade ?? 'few', equal: new Set<string>(), named: new Set<string>(), known: [], needs: new Set([entry]) }]));
  }

  learnAll(condition: Node, limited: readonly RangeEntry[], seen: Scope): void {
    const parts: Node[] = [];
    conjuncts(condition, parts);
    for (const part of parts) this.learn(prove(part, seen, this.#reading), limited);
    for (const range of closedRanges(parts, seen, this.#reading)) this.learn(limits({ kind: 'column', ...range }, 'counted', this.#reading), limited);
  }

  /** `limited`: whose rows do not pass where it does not hold. */
  learn(proof: Proof, limited: readonly RangeEntry[]): void {
    switch (proof.kind) {
      case 'constant':
        if (!proof.value) for (const entry of limited) this.#narrow(entry, 'few');
        break;
      case 'limits':
        for (const entry of limited) {
          this.#widen(entry);
          if (proof.ofNull !== true) this.#found.get(entry)?.needs.add(proof.entry);
        }
        if (limited.includes(proof.entry)) this.#hold(proof);
        break;
      case 'link':
        for (const entry of limited) {
          this.#widen(entry);
          this.#found.get(entry)?.needs.add(proof.left.entry).add(proof.right.entry);
        }
        this.#links.push({ ...proof, limited });
        break;
      case 'nothing':
        for (const entry of limited) this.#widen(entry);
        break;
    }
  }

  extents(): Extents {
    let grade: Grade = 'few';
    for (const [entry, state] of this.#found) {
      const { info } = entry;
      // A key of a table is none of those that inherit from it, and each partition has rows at the same places.
      const isAlone = info !== undefined && (info.children.length === 0 || info.kind === 'partitioned');
      if (isAlone && isApart(entry, [...state.equal].filter((column) => column !== 'ctid'), this.#reading)) state.extent = 'one';
    }
    while (this.#spread());
    for (const state of this.#found.values()) grade = coarser(grade, state.grade);
    return { extents: new Map([...this.#found].map(([entry, { extent }]) => [entry, extent])), grade };
  }

  /** One round along the links; false when it has brought nothing. */
  #spread(): boolean {
    let brought = false;
    for (const { left, right, limited } of this.#links) {
      for (const [from, to] of [[left, right], [right, left]] as const) {
        const [source, target] = [this.#found.get(from.entry), this.#found.get(to.entry)];
        if (source === undefined || target === undefined || isBounded(target.extent) || !isBounded(source.extent)) continue;
        if (!limited.some((entry) => this.#needs(to.entry).has(entry)) || !this.#picks(from.entry, from.column, source, to.entry)) continue;
        this.#hold({ kind: 'limits', entry: to.entry, how: source.grade === 'few' ? 'named' : source.grade === 'share' ? 'bounded' : 'counted', columns: [to.column] });
        brought ||= isBounded(target.extent);
      }
    }
    return brought;
  }

  /**
   * Whether the values that the rows of one entry have in a column pick rows of another one. Of rows that are no few they may be all there are, unless
   * the columns that are equal tell rows apart on either side: `t.kind = u.kind` where the rows of u are many and have every kind.
   */
  #picks(from: RangeEntry, column: string, { grade, named }: Found, to: RangeEntry): boolean {
    if (grade === 'few' || named.has(column)) return true;
    const [theirs, ours] = [[...named], [...this.#found.get(to)?.named ?? []]];
    for (const { left, right } of this.#links) {
      if (left.entry === from && right.entry === to) { theirs.push(left.column); ours.push(right.column); }
      if (right.entry === from && left.entry === to) { theirs.push(right.column); ours.push(left.column); }
    }
    return isApart(to, ours, this.#reading) || (grade === 'share' && isApart(from, theirs, this.#reading));
  }

  /** What a row of the entry comes with, and what that comes with. */
  #needs(entry: RangeEntry): ReadonlySet<RangeEntry> {
    const all = new Set([entry]);
    // Those that are added are gone through as well.
    for (const one of all) for (const other of this.#found.get(one)?.needs ?? []) all.add(other);
    return all;
  }

  #hold({ entry, how, columns, idle }: Limit): void {
    const state = this.#found.get(entry);
    if (state === undefined) return;
    const [column] = columns;
    const isNamed = how === 'equal' || how === 'named';
    if (column !== undefined && columns.length === 1 && isNamed) state.named.add(column);
    if (!isMade(entry)) {
      if (how === 'equal' && column !== undefined) state.equal.add(column);
      if (idle === true) return;
      const isFew = columns.every((name) => isApart(entry, columns.length === 1 ? [...state.named] : [name], this.#reading));
      this.#narrow(entry, how === 'counted' ? 'count' : isNamed && isFew ? 'few' : 'share');
      return;
    }
    // Which column of a view bounds it is for its query to say; of several with OR between each must.
    const places = columns.map((name) => entry.columns?.indexOf(name) ?? -1);
    const isNew = entry.info !== undefined && columns.some((name) => entry.info !== undefined && isColumnChanged(entry.info, name, this.#reading));
    const made = isNew || places.includes(-1) ? undefined : madeOf(entry, this.#reading);
    const [place] = places;
    if (made === undefined || place === undefined) return;
    const shares = places.map((one) => made.narrowed([...state.known, { place: one, how }]));
    if (shares.every(({ extent }) => isBounded(extent))) this.#narrow(entry, shares.map(({ grade }) => grade).reduce(coarser, 'few'));
    if (places.length === 1) state.known = [...state.known, { place, how }];
  }

  #widen(entry: RangeEntry): void {
    const state = this.#found.get(entry);
    if (state !== undefined && !isBounded(state.extent)) state.extent = 'unknown';
  }

  /** It is bounded, and in the best way that was found. */
  #narrow(entry: RangeEntry, grade: Grade): void {
    const state = this.#found.get(entry);
    if (state === undefined) return;
    if (!isBounded(state.extent) || coarseness[grade] < coarseness[state.grade]) state.grade = grade;
    if (!isBounded(state.extent)) state.extent = 'bounded';
  }
}
