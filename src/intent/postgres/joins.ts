import type { JoinExpr, Node } from '@pgsql/types';
import { strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { readImplied } from './operators.ts';
import { originOf, readColumn, readWhole, Scope, type Origin, type RangeEntry } from './scope.ts';

/** A condition of a join, whose rows it limits, and what it sees. */
export interface JoinCondition { readonly quals: Node; readonly limits: readonly RangeEntry[]; readonly scope: Scope }

type ReadFrom = (node: Node, scope: Scope, reading: Reading, conditions: JoinCondition[]) => void;

/** An item whose columns are known. */
interface Side extends RangeEntry { readonly columns: readonly string[] }

interface Joined {
  /** All that is drawn from on each side. */
  readonly left: readonly RangeEntry[];
  readonly right: readonly RangeEntry[];
  /** What either side shows. */
  readonly shown: readonly [readonly RangeEntry[], readonly RangeEntry[]];
  readonly covers: readonly RangeEntry[];
}

/** Reads both sides and the condition; from then on the join stands before them. */
export function readJoin(join: JoinExpr, scope: Scope, reading: Reading, conditions: JoinCondition[], readFrom: ReadFrom): void {
  const start = scope.entries.length;
  const startCovers = scope.covers.length;
  const before = scope.open();
  if (join.larg !== undefined) readFrom(join.larg, scope, reading, conditions);
  const middle = scope.entries.length;
  const shownLeft = scope.open().filter((entry) => !before.includes(entry));
  if (join.rarg !== undefined) readFrom(join.rarg, scope, reading, conditions);
  const joined: Joined = {
    left: scope.entries.slice(start, middle), right: scope.entries.slice(middle), covers: scope.covers.slice(startCovers),
    shown: [shownLeft, scope.open().filter((entry) => !before.includes(entry) && !shownLeft.includes(entry))],
  };
  if (join.quals !== undefined) {
    const own = scope.seeing([...joined.left, ...joined.right], joined.covers);
    reading.condition(join.quals, own);
    conditions.push({ quals: join.quals, limits: limitedBy(join, joined), scope: own });
  }
  if (join.usingClause !== undefined || join.isNatural === true) readImplied('=', undefined, undefined, scope, reading);
  const [left, right] = [onlySide(joined.shown[0]), onlySide(joined.shown[1])];
  if (left !== undefined && right !== undefined) cover(join, joined, left, right, scope, conditions);
  else joinUnknown(join, joined, scope, conditions);
}

function onlySide(entries: readonly RangeEntry[]): Side | undefined {
  const [entry, ...others] = entries;
  return entry !== undefined && others.length === 0 && isKnown(entry) ? entry : undefined;
}

function isKnown(entry: RangeEntry): entry is Side {
  return entry.columns !== undefined;
}

/** An outer join's condition limits only the side that may be filled with NULL. */
function limitedBy(join: JoinExpr, { left, right }: Joined): readonly RangeEntry[] {
  return join.jointype === 'JOIN_INNER' ? [...left, ...right] : join.jointype === 'JOIN_LEFT' ? right : join.jointype === 'JOIN_RIGHT' ? left : [];
}

/** The columns that USING merges come first, then those of the left and of the right (transformFromClauseItem, parse_clause.c). */
function cover(join: JoinExpr, joined: Joined, left: Side, right: Side, scope: Scope, conditions: JoinCondition[]): void {
  const merged = join.isNatural === true ? left.columns.filter((name) => right.columns.includes(name)) : strings(join.usingClause);
  const origins: (Origin | undefined)[] = merged.map((name) => {
    readColumn(left, name);
    readColumn(right, name);
    link(join, joined, originOf(left, name), originOf(right, name), scope, conditions);
    // Of a full join it is whichever of the two is there.
    return join.jointype === 'JOIN_FULL' ? undefined : originOf(join.jointype === 'JOIN_RIGHT' ? right : left, name);
  });
  const columns = [...merged];
  for (const side of [left, right]) {
    for (const name of side.columns) {
      if (merged.includes(name)) continue;
      columns.push(name);
      origins.push(originOf(side, name));
    }
  }
  const entry = { schema: undefined, read: undefined, info: undefined, yields: 'none' as const };
  const shown = [...joined.shown[0], ...joined.shown[1]];
  if (join.alias === undefined) scope.limit(shown, 'qualified');
  else scope.limit([...joined.left, ...joined.right, ...joined.covers], 'hidden');
  const renamed = strings(join.alias?.colnames);
  const names = columns.map((name, i) => renamed[i] ?? name);
  scope.covers.push({ ...entry, alias: join.alias?.aliasname ?? '', columns: names, parts: shown, origins: mapped(names, origins) });
  const using = join.join_using_alias?.aliasname;
  if (using === undefined) return;
  scope.covers.push({ ...entry, alias: using, columns: merged, parts: [], origins: mapped(merged, origins), qualified: true });
}

function mapped(names: readonly string[], origins: readonly (Origin | undefined)[]): ReadonlyMap<string, Origin> {
  return new Map(names.flatMap((name, i): [string, Origin][] => {
    const origin = origins[i];
    return origin === undefined ? [] : [[name, origin]];
  }));
}

function mergedOf(side: 0 | 1): Node {
  return { ColumnRef: { fields: [{ String: { sval: String(side) } }, { String: { sval: 'merged' } }] } };
}

/** That a merged column is equal on both sides limits rows as a condition would. */
function link(join: JoinExpr, joined: Joined, left: Origin | undefined, right: Origin | undefined, scope: Scope, conditions: JoinCondition[]): void {
  if (left === undefined || right === undefined || join.jointype === 'JOIN_FULL') return;
  const sides = [left, right].map(({ entry, column }, i): RangeEntry => ({
    alias: String(i), schema: undefined, read: undefined, info: undefined, yields: 'none', columns: ['merged'], parts: [entry], origins: new Map([['merged', { entry, column }]]),
  }));
  const own = new Scope(scope.parent, scope.owner);
  own.entries.push(left.entry, right.entry);
  own.covers.push(...sides);
  conditions.push({ quals: { A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: '=' } }], lexpr: mergedOf(0), rexpr: mergedOf(1) } }, limits: limitedBy(join, joined), scope: own });
}

/** Where the columns of a side are not known, which are merged is not either: all that may be are read. */
function joinUnknown(join: JoinExpr, joined: Joined, scope: Scope, conditions: JoinCondition[]): void {
  const [left, right] = joined.shown;
  const shown = [...left, ...right];
  if (join.isNatural === true) shown.forEach(readWhole);
  const using = strings(join.usingClause);
  for (const name of using) {
    const has = (entry: RangeEntry): boolean => entry.columns === undefined || entry.columns.includes(name);
    for (const entry of shown.filter(has)) readColumn(entry, name);
    const [from, to] = [left.find(has), right.find(has)];
    if (from !== undefined && to !== undefined && left.length === 1) link(join, joined, originOf(from, name), originOf(to, name), scope, conditions);
  }
  const entry = { schema: undefined, read: undefined, info: undefined, yields: 'none' as const };
  if (join.join_using_alias?.aliasname !== undefined) scope.covers.push({ ...entry, alias: join.join_using_alias.aliasname, columns: using, parts: [], origins: new Map(), qualified: true });
  if (join.alias?.aliasname === undefined) return;
  shown.forEach(readWhole);
  scope.limit([...joined.left, ...joined.right, ...joined.covers], 'hidden');
  scope.covers.push({ ...entry, alias: join.alias.aliasname, columns: undefined, parts: shown });
}
