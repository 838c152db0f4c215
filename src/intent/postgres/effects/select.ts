import type { CommonTableExpr, FuncCall, Node, SelectStmt, WithClause } from '@pgsql/types';
import type { Extent } from '../../../core/effect.ts';
import { maxCounted } from '../bounding.ts';
import { constantOf } from '../constant.ts';
import { coarser, extentsOf } from '../extent.ts';
import { readFrom } from '../from.ts';
import type { JoinCondition } from '../joins.ts';
import { eitherMade, makeOf } from '../made.ts';
import { mayMultiply } from '../multiplying.ts';
import { outputColumns } from '../output-names.ts';
import { as, listItems, strings } from '../parser/grammar.ts';
import { isBounded, wider, type Draft } from '../drafts.ts';
import type { Reading } from '../reading.ts';
import { resolveColumn, Scope, type RangeEntry, type SelectResult } from '../scope.ts';
import type { Readers } from './context.ts';
import { createRelation } from './creation.ts';

const unknownResult: SelectResult = { extent: 'unknown', columns: undefined, limited: false, inner: 'no', grade: 'count' };

/** What a recursive query yields to itself, where its own first part tells it by names that are written. */
function firstColumns({ ctequery, aliascolnames }: CommonTableExpr): readonly string[] | undefined {
  let select = as(ctequery, 'SelectStmt');
  while (select?.larg !== undefined) select = select.larg;
  const renamed = strings(aliascolnames);
  const names = select?.targetList?.map((node, i) => {
    const target = as(node, 'ResTarget');
    const last = as(target?.val, 'ColumnRef')?.fields?.at(-1);
    return last !== undefined && 'A_Star' in last ? undefined : renamed[i] ?? target?.name ?? as(last, 'String')?.sval;
  });
  return names === undefined || names.includes(undefined) ? undefined : names.filter((name) => name !== undefined);
}

/** Reads each query of a WITH and makes its name known: to itself and to all when recursive, else to the later ones. */
export function readWith(clause: WithClause | undefined, scope: Scope, reading: Reading): void {
  if (clause === undefined) return;
  const tables = (clause.ctes ?? []).flatMap((node) => as(node, 'CommonTableExpr') ?? []);
  if (clause.recursive === true) for (const table of tables) scope.ctes.set(table.ctename ?? '', { ...unknownResult, columns: firstColumns(table) });
  for (const table of tables) {
    const query = table.ctequery;
    const select = as(query, 'SelectStmt');
    let result = unknownResult;
    reading.nested++;
    if (select !== undefined) result = readSelect(select, scope, reading);
    else if (query !== undefined) {
      reading.expression(query, scope);
      const [statement] = Object.values(query);
      if (statement !== undefined) result = reading.results.get(statement) ?? unknownResult;
    }
    reading.nested--;
    const renamed = strings(table.aliascolnames);
    // Of a recursive query the first part alone says nothing of how much comes out.
    const extent: Extent = clause.recursive === true ? 'unknown' : result.extent;
    const added = [table.search_clause?.search_seq_column, table.cycle_clause?.cycle_mark_column, table.cycle_clause?.cycle_path_column].filter((name) => name !== undefined);
    const columns = result.columns === undefined ? undefined : [...renamed, ...result.columns.slice(renamed.length), ...added];
    const { made, grade, limited } = clause.recursive === true ? unknownResult : result;
    scope.ctes.set(table.ctename ?? '', { extent, columns, limited, inner: 'no', grade, ...made === undefined ? {} : { made } });
  }
}

/** Records how much of each relation of a FROM is read. */
export function settleReads(extents: ReadonlyMap<RangeEntry, Extent>): void {
  for (const [entry, extent] of extents) if (entry.read !== undefined) entry.read.extent = wider(entry.read.extent, extent);
}

const aggregates = new Set(['count', 'min', 'max', 'sum', 'avg']);

/** One row comes out: aggregates alone, without GROUP BY. */
function isSummary(query: SelectStmt, reading: Reading): boolean {
  const path = reading.searchPath;
  return query.groupClause === undefined && (query.targetList ?? []).every((target) => {
    const call = as(as(target, 'ResTarget')?.val, 'FuncCall');
    const name = strings(call?.funcname);
    if (call === undefined || call.over !== undefined || name.length !== 1 || !aggregates.has(name[0] ?? '')) return false;
    return path === 'unknown' || reading.catalog.functions({ schema: undefined, name: name[0] ?? '' }, path).every((fn) => fn.kind === 'aggregate');
  });
}

/** Where another statement acts on its rows, a LIMIT beyond what a person may change alone limits nothing. */
function isLimited(query: SelectStmt, reading: Reading): boolean {
  const count = constantOf(query.limitCount);
  if (typeof count !== 'number' || query.limitOption === 'LIMIT_OPTION_WITH_TIES') return false;
  if (reading.nested === 0) return true;
  reading.literalsMatter = true;
  return count <= maxCounted;
}

/** Aggregates of the server (pg_proc, prokind 'a'), and its window functions that look at more than the row at hand. */
const collecting = new Set([
  ...aggregates, 'any_value', 'array_agg', 'bit_and', 'bit_or', 'bit_xor', 'bool_and', 'bool_or', 'every', 'json_agg', 'json_agg_strict', 'json_object_agg', 'json_object_agg_strict', 'json_object_agg_unique',
  'json_object_agg_unique_strict', 'jsonb_agg', 'jsonb_agg_strict', 'jsonb_object_agg', 'jsonb_object_agg_strict', 'jsonb_object_agg_unique', 'jsonb_object_agg_unique_strict', 'range_agg',
  'range_intersect_agg', 'string_agg', 'xmlagg', 'corr', 'covar_pop', 'covar_samp', 'regr_avgx', 'regr_avgy', 'regr_count', 'regr_intercept', 'regr_r2', 'regr_slope', 'regr_sxx', 'regr_sxy',
  'regr_syy', 'stddev', 'stddev_pop', 'stddev_samp', 'var_pop', 'var_samp', 'variance', 'mode', 'percentile_cont', 'percentile_disc', 'cume_dist', 'dense_rank', 'percent_rank', 'rank',
]);

/** Does a row that comes out tell of more than a few that went in? Then a LIMIT on the rows that come out is none on what is read. */
function collects(query: SelectStmt, reading: Reading): boolean {
  const path = reading.searchPath;
  const inside = (node: unknown): boolean => {
    if (typeof node !== 'object' || node === null) return false;
    return Object.entries(node).some(([key, child]) => {
      if (key === 'SubLink') return false;
      if (key === 'JsonObjectAgg' || key === 'JsonArrayAgg') return true;
      if (key === 'FuncCall') {
        const call = child as FuncCall; // the key tells the kind
        const name = strings(call.funcname).at(-1) ?? '';
        if (call.over !== undefined || call.agg_order !== undefined || call.agg_filter !== undefined || call.agg_distinct === true || collecting.has(name)) return true;
        if (reading.catalog.known && reading.catalog.functions({ schema: strings(call.funcname).at(-2), name }, path === 'unknown' ? [] : path).some((fn) => fn.kind !== 'function')) return true;
      }
      return inside(child);
    });
  };
  return query.groupClause !== undefined || query.havingClause !== undefined || inside(query.targetList) || inside(query.sortClause);
}

/**
 * ORDER BY, DISTINCT ON and GROUP BY may name an output column by its name alone; in GROUP BY a column of the FROM at hand comes before it
 * (findTargetlistEntrySQL92, parse_clause.c). Anything else is an expression, in which output names are not seen.
 */
function readSorted(nodes: readonly Node[] | undefined, query: SelectStmt, scope: Scope, reading: Reading): void {
  if (nodes === undefined) return;
  const grouping = nodes === query.groupClause;
  const outputs = new Set((query.targetList ?? []).flatMap((node) => outputColumns([node], scope, reading) ?? []));
  const read = (node: Node): void => {
    const sets = as(node, 'GroupingSet')?.content ?? (grouping ? as(node, 'RowExpr')?.args : undefined);
    if (sets !== undefined) {
      sets.forEach(read);
      return;
    }
    const ref = as(as(node, 'SortBy')?.node ?? node, 'ColumnRef');
    const fields = strings(ref?.fields);
    const name = fields.length === 1 ? fields[0] : undefined;
    const isOutput = name !== undefined && outputs.has(name) && !(grouping && scope.open().some(({ columns }) => columns?.includes(name) !== false));
    if (!isOutput || (as(node, 'SortBy')?.useOp?.length ?? 0) > 0) reading.expression(node, scope);
  };
  nodes.forEach(read);
}

function innerTarget(query: SelectStmt, scope: Scope): SelectResult['inner'] {
  const ref = as(as(query.targetList?.[0], 'ResTarget')?.val, 'ColumnRef');
  const found = ref === undefined ? undefined : resolveColumn(ref, scope);
  // What another query yields may be the outer row again.
  if (found?.kind !== 'column' || found.scope !== scope || scope.entries.some((entry) => entry.read === undefined)) return 'no';
  return found.certain ? 'yes' : 'maybe';
}

/** A query at any depth: its reads, and what it yields. */
export function readSelect(query: SelectStmt, outer: Scope, reading: Reading): SelectResult {
  reading.enter();
  const scope = new Scope(outer, query);
  const result = query.larg === undefined || query.rarg === undefined ? readSimple(query, scope, reading) : readSetOperation(query, query.larg, query.rarg, scope, reading);
  reading.results.set(query, result);
  reading.leave();
  return result;
}

function readSetOperation(query: SelectStmt, left: SelectStmt, right: SelectStmt, scope: Scope, reading: Reading): SelectResult {
  readWith(query.withClause, scope, reading);
  const a = readSelect(left, scope, reading);
  const b = readSelect(right, scope, reading);
  // Its ORDER BY names output columns only.
  reading.expression(query.limitCount, scope);
  reading.expression(query.limitOffset, scope);
  const extent = wider(a.extent, b.extent);
  const limited = a.limited && b.limited;
  return {
    extent, columns: a.columns, limited: limited || isLimited(query, reading), inner: 'no', grade: limited || isBounded(extent) ? coarser(a.grade, b.grade) : 'count',
    ...a.made === undefined || b.made === undefined ? {} : { made: eitherMade(a.made, b.made) },
  };
}

function readSimple(query: SelectStmt, scope: Scope, reading: Reading): SelectResult {
  if (query.lockingClause !== undefined) reading.locks = true;
  readWith(query.withClause, scope, reading);
  const joins: JoinCondition[] = [];
  const nested = reading.nested++;
  for (const item of query.fromClause ?? []) readFrom(item, scope, reading, joins);
  reading.expressions(query.valuesLists, scope);
  reading.expressions(query.targetList, scope);
  reading.condition(query.whereClause, scope);
  readSorted(query.distinctClause, query, scope, reading);
  readSorted(query.groupClause, query, scope, reading);
  reading.expression(query.havingClause, scope);
  reading.expressions(query.windowClause, scope);
  readSorted(query.sortClause, query, scope, reading);
  reading.expression(query.limitCount, scope);
  reading.expression(query.limitOffset, scope);
  reading.nested = nested;
  const { extents, grade } = extentsOf(query.whereClause, joins, scope, reading);
  const many = [query.targetList, query.valuesLists].some((values) => mayMultiply(values, reading));
  const isShort = query.valuesLists === undefined ? query.targetList !== undefined && isSummary(query, reading) : !many;
  const limited = isShort || isLimited(query, reading);
  const widest = [...extents.values()].reduce<Extent>(wider, 'none');
  reading.repeatCalls(many ? 'unknown' : scope.entries.length > 0 ? widest : (query.valuesLists?.length ?? 0) > 1 ? 'bounded' : 'one');
  // A LIMIT on what depends on an outer row is one on each of its rows.
  const shortened = limited && reading.correlated.get(query) !== 'yes';
  settleReads(shortened && !collects(query, reading) ? new Map([...extents].map(([entry, extent]) => [entry, isBounded(extent) ? extent : 'bounded'])) : extents);
  if (query.intoClause?.rel !== undefined) createRelation(query.intoClause.rel, reading);
  const extent: Extent = many ? 'unknown' : scope.entries.length === 0 ? 'bounded' : widest;
  const columns = query.valuesLists === undefined ? outputColumns(query.targetList, scope, reading) : listItems(query.valuesLists[0]).map((_, i) => `column${i + 1}`);
  const made = many || scope.entries.length === 0 || reading.correlated.has(query) ? {} : { made: makeOf(query, joins, scope, reading) };
  return { extent, columns, limited, inner: innerTarget(query, scope), grade: isShort ? 'few' : isBounded(extent) ? grade : 'count', ...made };
}

export const selectReaders: Readers<'SelectStmt' | 'ReturnStmt' | 'PLAssignStmt'> = {
  SelectStmt: (query, scope, reading) => { readSelect(query, scope, reading); },
  ReturnStmt: (statement, scope, reading) => { reading.expression(statement.returnval, scope); },
  PLAssignStmt: (statement, scope, reading) => {
    reading.expressions(statement.indirection, scope);
    if (statement.val !== undefined) readSelect(statement.val, scope, reading);
  },
};

/** Reads that a statement has made since then; what a COPY or a cursor sends on. */
export function readsSince(count: number, reading: Reading): readonly Draft[] {
  return reading.drafts.slice(count).filter((draft) => draft.verb === 'read');
}
