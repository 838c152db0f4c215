import type { Node, RangeVar, RowExpr, SelectStmt } from '@pgsql/types';
import { isApart } from './bounding.ts';
import { constantOf } from './constant.ts';
import { independent, operand, type Operand } from './operand.ts';
import { as, strings } from './parser/grammar.ts';
import { isBounded } from './drafts.ts';
import type { Reading } from './reading.ts';
import { resolveRelation } from './relations.ts';
import { sameResource } from './resources.ts';
import type { Scope } from './scope.ts';
import { transitionTable } from './transition.ts';

type Column = Extract<Operand, { kind: 'column' }>;

/** What `= ANY` of a column is asked of names each value: a list, an array that is written out, a parameter, the array of a query that gives few. */
export function namesValues(node: Node | undefined, compared: Operand, scope: Scope, reading: Reading): boolean {
  const inner = as(node, 'TypeCast')?.arg ?? node;
  if (inner === undefined) return false;
  if ('SubLink' in inner) {
    const select = inner.SubLink.subLinkType === 'ARRAY_SUBLINK' ? as(inner.SubLink.subselect, 'SelectStmt') : undefined;
    return select !== undefined && compared.kind === 'column' && givesOwnColumn(select, compared, scope, reading) && givesFew(select, compared, scope, reading) !== 'no';
  }
  if (operand(inner, scope, reading).kind !== 'fixed') return false;
  const array = as(inner, 'A_ArrayExpr');
  if (array !== undefined) return namesEach(array.elements ?? []) && (array.elements ?? []).every(isOneValue);
  // A variable may hold what a query gave it: every row's.
  return 'ParamRef' in inner || 'A_Const' in inner;
}

/** What a query, a function or a variable gives may be an array, of which one may hold a value for each row: `ARRAY[(SELECT array_agg(id) FROM t)]`. */
function isOneValue(node: Node): boolean {
  if ('A_Const' in node || 'ParamRef' in node) return true;
  if ('A_ArrayExpr' in node) return (node.A_ArrayExpr.elements ?? []).every(isOneValue);
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_OP' && [node.A_Expr.lexpr, node.A_Expr.rexpr].every((side) => side === undefined || isOneValue(side));
  return 'TypeCast' in node && node.TypeCast.arg !== undefined && isOneValue(node.TypeCast.arg);
}

/** `active IN (true, false)` names values of which every row has one. */
export function namesEach(items: readonly Node[]): boolean {
  return items.every((item) => typeof constantOf(item) !== 'boolean');
}

/** Only of the compared column itself it is known that it is no array, one of which may hold a value for each row: `ARRAY(SELECT array_agg(id) FROM t LIMIT 1)`. */
function givesOwnColumn(select: SelectStmt, compared: Column, scope: Scope, reading: Reading): boolean {
  const range: RangeVar | undefined = select.fromClause?.length === 1 ? as(select.fromClause[0], 'RangeVar') : undefined;
  const target = strings(as(as(select.targetList?.[0], 'ResTarget')?.val, 'ColumnRef')?.fields);
  if (range === undefined || select.withClause !== undefined || select.targetList?.length !== 1 || target.length !== 1 || target[0] !== compared.column) return false;
  if (range.alias?.colnames !== undefined || compared.entry.read === undefined || (range.schemaname === undefined && scope.cte(range.relname ?? '') !== undefined)) return false;
  if (transitionTable(range, reading) !== undefined) return false;
  return sameResource(resolveRelation(range, reading).ref, compared.entry.read.resource);
}

/** `SELECT unnest($1::bigint[])` is the list that the array is. */
function isWrittenArray(select: SelectStmt, compared: Column, scope: Scope, reading: Reading): boolean {
  if (select.fromClause !== undefined || select.targetList?.length !== 1 || select.larg !== undefined) return false;
  const call = as(as(select.targetList[0], 'ResTarget')?.val, 'FuncCall');
  const names = strings(call?.funcname);
  if (names.at(-1) !== 'unnest' || call?.args?.length !== 1) return false;
  const path = reading.searchPath;
  // One of a user's own, for arrays of one type, goes before the server's for any.
  const own = names.length === 1 && (path === 'unknown' || reading.catalog.functions({ schema: undefined, name: 'unnest' }, path).length > 0);
  return !own && (names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog')) && namesValues(call.args[0], compared, scope, reading);
}

/**
 * Whether the values that a query gives pick rows of a column: few are named; those of rows that were picked, and either they or the column tell rows
 * apart; or only a count of them is taken, of a column that tells rows apart. None of them is the row's own.
 */
export function givesFew(select: SelectStmt, column: Column, scope: Scope, reading: Reading): 'named' | 'bounded' | 'counted' | 'no' {
  const result = reading.results.get(select);
  if (result === undefined) return 'no';
  if (isWrittenArray(select, column, scope, reading)) return 'named';
  if (!independent(select, scope, reading)) {
    // `id IN (SELECT id FROM b)` where b has no such column compares the row with itself; a LIMIT then limits nothing.
    const target = strings(as(as(select.targetList?.[0], 'ResTarget')?.val, 'ColumnRef')?.fields);
    if (result.inner === 'no' || (result.inner === 'maybe' && target.length === 1 && target[0] === column.column) || !isBounded(result.extent)) return 'no';
  } else if (!result.limited && !isBounded(result.extent)) return 'no';
  if (result.grade === 'few') return 'named';
  const isKey = isApart(column.entry, [column.column], reading);
  // Of values that were made one a hundred may be all that a column has.
  if (result.grade === 'count') return isKey && select.distinctClause === undefined ? 'counted' : 'no';
  const own = result.made?.shown(0);
  return isKey || (own !== undefined && isApart(own.entry, [own.column], reading)) ? 'bounded' : 'no';
}

/** `(a, b) IN ((1, 2), (3, 4))` says of each column that it is in a list of its own. Undefined for rows that do not fit. */
export function listsOfRows(left: RowExpr, items: readonly Node[]): readonly Node[] | undefined {
  const columns = left.args ?? [];
  const rows = items.map((item) => as(item, 'RowExpr')?.args ?? []);
  if (columns.length === 0 || rows.some((row) => row.length !== columns.length)) return undefined;
  return columns.map((lexpr, i): Node => ({ A_Expr: { kind: 'AEXPR_IN', name: [{ String: { sval: '=' } }], lexpr, rexpr: { List: { items: rows.flatMap((row) => row[i] ?? []) } } } }));
}
