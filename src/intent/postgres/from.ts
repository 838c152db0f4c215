import type { Node, RangeFunction, RangeVar, SelectStmt } from '@pgsql/types';
import type { RelationInfo } from '../../core/catalog.ts';
import type { Span } from '../../core/effect.ts';
import type { EntityRef } from '../../core/resource.ts';
import { addedColumns, formerNames, isUnsure } from './changes.ts';
import { functionAlias, functionColumns } from './function-columns.ts';
import { shownBy } from './functions/catalogs.ts';
import { runOwnCode } from './own-code.ts';
import { as, kindOf, listItems, strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { follow, resolveRelation } from './relations.ts';
import { thing } from './resources.ts';
import type { RangeEntry, Scope, SelectResult } from './scope.ts';
import { readJoin, type JoinCondition } from './joins.ts';
import { transitionTable } from './transition.ts';

function derived(alias: string | undefined, result: SelectResult, renamed: readonly string[]): RangeEntry {
  const columns = result.columns === undefined ? undefined : [...renamed, ...result.columns.slice(renamed.length)];
  return {
    alias: alias ?? '', schema: undefined, columns, read: undefined, info: undefined, yields: result.limited ? 'bounded' : result.extent, grade: result.grade,
    ...result.made === undefined ? {} : { made: result.made },
  };
}

/** What some relations of the server's own show beside structure and counters is read as what it is. */
function readSystemRelation(ref: EntityRef, span: Span, reading: Reading): void {
  const shown = shownBy(ref.path.at(-1) ?? '', reading.catalog.database);
  if (shown !== undefined) reading.add('read', shown.resource, { extent: shown.extent, span, note: shown.note });
}

/** What is known of a relation's columns. A temporary table may stand before it, whose columns are others. */
export function knownInfo(range: RangeVar, info: RelationInfo | undefined, reading: Reading): RelationInfo | undefined {
  return range.schemaname === undefined && reading.state.ownRelations.has(`pg_temp.${range.relname ?? ''}`) ? undefined : info;
}

/** Is it not known whether that is so? */
export function mayBeAbsent(range: RangeVar, reading: Reading): boolean {
  return range.schemaname === undefined && isUnsure(range.relname ?? '', reading);
}

/** As many as it has by now. */
export function columnsOf(info: RelationInfo | undefined, reading: Reading): readonly string[] | undefined {
  return info === undefined ? undefined : [...info.columns.map((column) => column.name), ...addedColumns(info, reading)];
}

/** A relation that is read: its effect, with the columns still to be found. */
export function relationEntry(range: RangeVar, reading: Reading): RangeEntry {
  const { ref, info } = resolveRelation(range, reading);
  runOwnCode(range, 'select', reading);
  const read = reading.add('read', ref, { span: reading.at(range.location) });
  if (ref.system) readSystemRelation(ref, read.span, reading);
  if (info !== undefined) follow(info, { event: 'select', extent: 'all', columns: 'all', only: range.inh !== true, read }, reading);
  const known = knownInfo(range, info, reading);
  // Which column gets which name nobody knows then, nor whether a column further in is not this one's.
  if (known === undefined && (info !== undefined || range.alias?.colnames !== undefined)) read.columns = 'all';
  return {
    alias: range.alias?.aliasname ?? range.relname ?? '', aliased: range.alias !== undefined, schema: info?.schema ?? range.schemaname,
    columns: columnsOf(known, reading), read, info: known, former: known === undefined ? undefined : formerNames(known, reading), unsure: mayBeAbsent(range, reading), yields: 'all',
  };
}

function readRelation(range: RangeVar, scope: Scope, reading: Reading): void {
  const renamed = strings(range.alias?.colnames);
  const made = (range.schemaname === undefined ? scope.cte(range.relname ?? '') : undefined) ?? transitionTable(range, reading);
  if (made !== undefined) {
    scope.entries.push(derived(range.alias?.aliasname ?? range.relname, made, renamed));
    return;
  }
  const entry = relationEntry(range, reading);
  scope.entries.push(entry);
  const { columns } = entry;
  if (columns === undefined || renamed.length === 0) return;
  const names = [...renamed, ...columns.slice(renamed.length)];
  scope.limit([entry], 'hidden');
  scope.covers.push({ ...entry, read: undefined, columns: names, parts: [entry], origins: new Map(columns.map((column, i) => [names[i] ?? column, { entry, column }])) });
}

/** As the server orders them: those of a path, then those of the paths nested in it. */
function jsonColumns(nodes: readonly Node[] | undefined): string[] {
  const columns = (nodes ?? []).flatMap((node) => as(node, 'JsonTableColumn') ?? []);
  return [...columns.filter(({ coltype }) => coltype !== 'JTC_NESTED').flatMap(({ name }) => name ?? []), ...columns.flatMap((column) => jsonColumns(column.columns))];
}

/** The rows of a list that the client gave: as many as it named. */
const listed: SelectResult = { extent: 'bounded', columns: undefined, limited: true, inner: 'no', grade: 'few' };

const takingApart = new Set(['unnest', 'json_array_elements', 'jsonb_array_elements', 'json_array_elements_text', 'jsonb_array_elements_text', 'json_to_recordset', 'jsonb_to_recordset', 'json_populate_recordset', 'jsonb_populate_recordset']);

function isGiven(node: Node): boolean {
  const cast = as(node, 'TypeCast');
  if (cast?.arg !== undefined) return isGiven(cast.arg);
  return 'ParamRef' in node || 'A_Const' in node || as(node, 'A_ArrayExpr')?.elements?.every(isGiven) === true;
}

/** Does it only take apart arrays that stand in the statement, or are its parameters? */
function isListed({ functions }: RangeFunction, reading: Reading): boolean {
  const path = reading.searchPath;
  return (functions ?? []).every((item) => {
    const call = as(listItems(item)[0], 'FuncCall');
    const name = strings(call?.funcname);
    return call !== undefined && takingApart.has(name.at(-1) ?? '') && (name.length === 1 || name[0] === 'pg_catalog') && (call.args ?? []).every(isGiven)
      // One of a user's own, for arrays of one type, goes before the server's for any.
      && (name.length > 1 || (path !== 'unknown' && reading.catalog.functions({ schema: undefined, name: name[0] ?? '' }, path).length === 0));
  });
}

const open: SelectResult = { extent: 'unknown', columns: undefined, limited: false, inner: 'no', grade: 'count' };

/** Adds what a FROM item names to the scope, and says what its joins demand. */
export function readFrom(node: Node, scope: Scope, reading: Reading, conditions: JoinCondition[]): void {
  reading.enter();
  const kind = kindOf(node);
  if ('RangeVar' in node) readRelation(node.RangeVar, scope, reading);
  else if ('JoinExpr' in node) readJoin(node.JoinExpr, scope, reading, conditions, readFrom);
  else if ('RangeSubselect' in node) {
    const { subquery, alias } = node.RangeSubselect;
    const select: SelectStmt | undefined = as(subquery, 'SelectStmt');
    const within = node.RangeSubselect.lateral === true ? scope : scope.seeing([], []);
    const result = select === undefined ? open : reading.walks.select(select, within, reading);
    if (select === undefined) reading.expression(subquery, within);
    // LATERAL: a few rows for each row of what stands before it.
    const each = node.RangeSubselect.lateral === true && select !== undefined && reading.correlated.has(select);
    scope.entries.push(derived(alias?.aliasname, each ? { ...open, columns: result.columns, inner: result.inner } : result, strings(alias?.colnames)));
  } else if ('RangeFunction' in node) {
    for (const item of node.RangeFunction.functions ?? []) reading.expression(item, scope);
    reading.expressions(node.RangeFunction.coldeflist, scope);
    scope.entries.push(derived(functionAlias(node.RangeFunction), { ...(isListed(node.RangeFunction, reading) ? listed : open), columns: functionColumns(node.RangeFunction, scope, reading) }, []));
  } else if ('RangeTableSample' in node) {
    const { relation, args, repeatable } = node.RangeTableSample;
    const within = scope.seeing([], []);
    reading.expressions(args, within);
    reading.expression(repeatable, within);
    if (relation !== undefined) readFrom(relation, scope, reading, conditions);
  } else if ('RangeTableFunc' in node) {
    const { docexpr, rowexpr, namespaces, columns, alias } = node.RangeTableFunc;
    reading.expression(docexpr, scope);
    reading.expression(rowexpr, scope);
    reading.expressions(namespaces, scope);
    reading.expressions(columns, scope);
    const names = (columns ?? []).flatMap((column) => as(column, 'RangeTableFuncCol')?.colname ?? []);
    scope.entries.push(derived(alias?.aliasname, { ...open, columns: names }, strings(alias?.colnames)));
  } else if ('JsonTable' in node) {
    const table = node.JsonTable;
    if (reading.catalog.serverVersion > 0 && reading.catalog.serverVersion < 170_000) {
      reading.opaque('server-version', thing('statement', ['json_table']), 'JSON_TABLE is an ordinary function on the older server', reading.at(table.location));
    }
    reading.expression(table.context_item?.raw_expr, scope);
    reading.expressions(table.passing, scope);
    reading.expressions(table.columns, scope);
    reading.expression(table.on_error?.expr, scope);
    scope.entries.push(derived(table.alias?.aliasname, { ...open, columns: jsonColumns(table.columns) }, strings(table.alias?.colnames)));
  } else {
    reading.notModelled(kind);
  }
  reading.leave();
}
