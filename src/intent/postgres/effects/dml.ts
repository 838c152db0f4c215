import type { DeleteStmt, InsertStmt, MergeStmt, MergeWhenClause, Node, RangeVar, ReturningClause, SelectStmt, UpdateStmt } from '@pgsql/types';
import type { Extent, Verb } from '../../../core/effect.ts';
import { formerNames } from '../changes.ts';
import { extentsOf } from '../extent.ts';
import { columnsOf, knownInfo, mayBeAbsent, readFrom } from '../from.ts';
import type { JoinCondition } from '../joins.ts';
import { runOwnCode } from '../own-code.ts';
import { outputColumns } from '../output-names.ts';
import { as } from '../parser/grammar.ts';
import { isBounded, type Draft } from '../drafts.ts';
import type { Reading } from '../reading.ts';
import { follow, resolveRelation, type Relation, type Touch } from '../relations.ts';
import { changeShownSettings } from '../session-state.ts';
import { readColumn, Scope, type Grade, type RangeEntry, type Share } from '../scope.ts';
import type { Readers } from './context.ts';
import { readSelect, readWith, settleReads } from './select.ts';

interface Target { readonly relation: Relation; readonly entry: RangeEntry; readonly read: Draft; readonly range: RangeVar }

/**
 * The relation that a statement changes, as its expressions see it. What they read of it becomes an effect of its own, as the server too
 * demands SELECT for it.
 */
function openTarget(range: RangeVar | undefined, scope: Scope, reading: Reading): Target {
  const written: RangeVar = range ?? {};
  const relation = resolveRelation(written, reading);
  const info = knownInfo(written, relation.info, reading);
  const read: Draft = { verb: 'read', resource: relation.ref, extent: 'none', columns: [], reversible: true, span: reading.at(written.location), via: reading.via };
  const entry: RangeEntry = {
    alias: written.alias?.aliasname ?? written.relname ?? '', schema: relation.info?.schema ?? written.schemaname,
    columns: columnsOf(info, reading), read, info, former: info === undefined ? undefined : formerNames(info, reading), unsure: mayBeAbsent(written, reading), yields: 'all',
  };
  scope.entries.push(entry);
  return { relation, entry, read, range: written };
}

/** Adds what was read of the target, when anything was: of what stands behind it, too. The query of a view runs for each row that goes or changes. */
function closeTarget(target: Target, extent: Extent, reading: Reading, runsView = true): void {
  const { read, relation: { info }, range } = target;
  const isRead = read.columns === 'all' || read.columns.length > 0;
  if (isRead) reading.add('read', read.resource, { extent, columns: read.columns, span: read.span });
  if (info !== undefined && (isRead || (runsView && info.kind === 'view'))) follow(info, { event: 'select', extent, columns: read.columns, only: range.inh !== true }, reading);
}

function change(verb: Verb, event: 'insert' | 'update' | 'delete', target: Target, { extent, ...rows }: Pick<Touch, 'extent' | 'grade' | 'single'>, named: readonly string[] | 'all', reading: Reading): void {
  const columns = named === 'all' ? named : named.flatMap((name) => [name, ...target.entry.former?.get(name) ?? []]);
  reading.add(verb, target.relation.ref, { extent, columns, span: reading.deed(target.range.location) });
  changeShownSettings(target.relation.ref, event, reading.at(target.range.location), reading);
  runOwnCode(target.range, event, reading);
  if (target.relation.info !== undefined) {
    follow(target.relation.info, { event, extent, columns: event === 'delete' ? 'all' : columns, only: target.range.inh !== true, ...rows }, reading);
  }
}

/** What its RETURNING yields, for a query that has it as a CTE. */
function yieldRows(statement: InsertStmt | UpdateStmt | DeleteStmt, { extent, grade }: Share, scope: Scope, reading: Reading): void {
  reading.results.set(statement, { extent, columns: outputColumns(statement.returningClause?.exprs, scope, reading), limited: isBounded(extent), inner: 'no', grade });
}

function setColumns(targets: readonly Node[] | undefined): string[] {
  return (targets ?? []).flatMap((node) => as(node, 'ResTarget')?.name ?? []);
}

/** RETURNING sees old and new rows under their own names, too. */
function readReturning(clause: ReturningClause | undefined, target: Target, scope: Scope, reading: Reading): void {
  if (clause === undefined) return;
  const names = (clause.options ?? []).flatMap((node) => as(node, 'ReturningOption')?.value ?? []);
  for (const alias of ['old', 'new', ...names]) scope.entries.push({ ...target.entry, alias, schema: undefined, qualified: true });
  for (const node of clause.exprs ?? []) {
    const star = as(as(node, 'ResTarget')?.val, 'ColumnRef')?.fields?.at(-1);
    if (star !== undefined && 'A_Star' in star) target.read.columns = 'all';
  }
  reading.expressions(clause.exprs, scope);
}

function readInsert(statement: InsertStmt, outer: Scope, reading: Reading): void {
  const scope = new Scope(outer, statement);
  readWith(statement.withClause, scope, reading);
  const source: SelectStmt | undefined = as(statement.selectStmt, 'SelectStmt');
  reading.nested++;
  const result = source === undefined ? undefined : readSelect(source, scope, reading);
  reading.nested--;
  const target = openTarget(statement.relation, scope, reading);
  const columns = statement.cols === undefined ? 'all' : setColumns(statement.cols);
  for (const node of statement.cols ?? []) reading.expression(node, scope);
  const extent: Extent = result === undefined || result.limited ? 'bounded' : result.extent;
  const single = source === undefined || (source.valuesLists?.length === 1 && result?.limited === true);
  change('insert', 'insert', target, { extent, grade: result?.grade ?? 'few', single }, columns, reading);
  const conflict = statement.onConflictClause;
  if (conflict !== undefined) {
    reading.expressions(conflict.infer?.indexElems, scope);
    for (const node of conflict.infer?.indexElems ?? []) {
      const name = as(node, 'IndexElem')?.name;
      if (name !== undefined) readColumn(target.entry, name);
    }
    reading.condition(conflict.infer?.whereClause, scope);
    if (conflict.action === 'ONCONFLICT_UPDATE') {
      // The server asks for SELECT on what is read of `excluded`, as it does of the target's own row.
      scope.entries.push({ ...target.entry, alias: 'excluded', schema: undefined, yields: 'bounded', qualified: true });
      reading.expressions(conflict.targetList, scope);
      reading.condition(conflict.whereClause, scope);
      change('update', 'update', target, { extent: isBounded(extent) ? 'bounded' : 'unknown' }, setColumns(conflict.targetList), reading);
    }
  }
  readReturning(statement.returningClause, target, scope, reading);
  reading.repeatCalls(single ? 'one' : extent);
  closeTarget(target, isBounded(extent) ? 'bounded' : 'unknown', reading, false);
  yieldRows(statement, { extent, grade: result?.grade ?? 'few' }, scope, reading);
}

function readChange(statement: UpdateStmt | DeleteStmt, from: readonly Node[] | undefined, outer: Scope, reading: Reading): { target: Target; scope: Scope; extent: Extent; grade: Grade } {
  const scope = new Scope(outer, statement);
  readWith(statement.withClause, scope, reading);
  const target = openTarget(statement.relation, scope, reading);
  const joins: JoinCondition[] = [];
  reading.nested++;
  for (const item of from ?? []) readFrom(item, scope, reading, joins);
  reading.condition(statement.whereClause, scope);
  if ('targetList' in statement) reading.expressions(statement.targetList, scope);
  reading.nested--;
  const { extents, grade } = extentsOf(statement.whereClause, joins, scope, reading);
  settleReads(extents);
  return { target, scope, extent: extents.get(target.entry) ?? 'unknown', grade };
}

function readUpdate(statement: UpdateStmt, outer: Scope, reading: Reading): void {
  const { target, scope, extent, grade } = readChange(statement, statement.fromClause, outer, reading);
  change('update', 'update', target, { extent, grade }, setColumns(statement.targetList), reading);
  readReturning(statement.returningClause, target, scope, reading);
  reading.repeatCalls(extent);
  closeTarget(target, extent, reading);
  yieldRows(statement, { extent, grade }, scope, reading);
}

function readDelete(statement: DeleteStmt, outer: Scope, reading: Reading): void {
  const { target, scope, extent, grade } = readChange(statement, statement.usingClause, outer, reading);
  change('delete', 'delete', target, { extent, grade }, [], reading);
  readReturning(statement.returningClause, target, scope, reading);
  reading.repeatCalls(extent);
  closeTarget(target, extent, reading);
  yieldRows(statement, { extent, grade }, scope, reading);
}

function both(a: Node | undefined, b: Node | undefined): Node | undefined {
  return a === undefined || b === undefined ? a ?? b : { BoolExpr: { boolop: 'AND_EXPR', args: [a, b] } };
}

function readMerge(statement: MergeStmt, outer: Scope, reading: Reading): void {
  const scope = new Scope(outer, statement);
  readWith(statement.withClause, scope, reading);
  const target = openTarget(statement.relation, scope, reading);
  const joins: JoinCondition[] = [];
  reading.nested++;
  // The source does not see the target, not even with LATERAL.
  const own = scope.seeing([], []);
  if (statement.sourceRelation !== undefined) readFrom(statement.sourceRelation, own, reading, joins);
  scope.entries.push(...own.entries);
  scope.covers.push(...own.covers);
  const shown = own.open();
  reading.condition(statement.joinCondition, scope);
  reading.nested--;
  settleReads(new Map([...extentsOf(undefined, joins, scope, reading).extents].filter(([entry]) => entry !== target.entry)));
  const source = scope.entries.slice(1);
  for (const node of statement.mergeWhenClauses ?? []) {
    const clause = as(node, 'MergeWhenClause');
    if (clause !== undefined) readMergeClause(clause, statement, target, source, shown, joins, scope, reading);
  }
  readReturning(statement.returningClause, target, scope, reading);
  reading.repeatCalls('unknown');
  closeTarget(target, 'unknown', reading);
}

function readMergeClause(clause: MergeWhenClause, statement: MergeStmt, target: Target, source: readonly RangeEntry[], shown: readonly RangeEntry[], joins: readonly JoinCondition[], scope: Scope, reading: Reading): void {
  // What has no match in the target sees the source alone. The other way round the source is out of sight, but not what a join is made of.
  const rest = (entries: readonly RangeEntry[]): RangeEntry[] => entries.filter((entry) => !shown.includes(entry));
  const seen = clause.matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_TARGET' ? scope.seeing(source, scope.covers)
    : clause.matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE' ? scope.seeing(rest(scope.entries), rest(scope.covers)) : scope;
  // Of the columns of a join's parts the server shows some even then: both readings count.
  const scopes = clause.matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE' && as(statement.sourceRelation, 'JoinExpr') !== undefined ? [seen, scope] : [seen];
  for (const one of scopes) {
    reading.condition(clause.condition, one);
    reading.expressions(clause.targetList, one);
    reading.expressions(clause.values, one);
  }
  const matched = clause.matchKind === 'MERGE_WHEN_MATCHED' ? both(statement.joinCondition, clause.condition) : clause.condition;
  const { extents } = extentsOf(matched, joins, scope, reading);
  const extent = extents.get(target.entry) ?? 'unknown';
  const columns = setColumns(clause.targetList);
  switch (clause.commandType) {
    case 'CMD_DELETE':
      change('delete', 'delete', target, { extent }, [], reading);
      break;
    case 'CMD_UPDATE':
      change('update', 'update', target, { extent }, columns, reading);
      break;
    case 'CMD_INSERT':
      change('insert', 'insert', target, { extent: source.every((entry) => isBounded(extents.get(entry) ?? 'unknown')) ? 'bounded' : 'unknown' }, columns.length === 0 ? 'all' : columns, reading);
      break;
    case 'CMD_NOTHING':
      reading.add('read', target.relation.ref, { extent, span: target.read.span });
      break;
    case 'CMD_UNKNOWN': case 'CMD_SELECT': case 'CMD_MERGE': case 'CMD_UTILITY': case undefined:
      reading.notModelled('this action of MERGE');
      break;
  }
}

export const dmlReaders: Readers<'InsertStmt' | 'UpdateStmt' | 'DeleteStmt' | 'MergeStmt'> = {
  InsertStmt: readInsert, UpdateStmt: readUpdate, DeleteStmt: readDelete, MergeStmt: readMerge,
};
