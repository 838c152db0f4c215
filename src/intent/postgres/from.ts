import type { Node, RangeVar, SelectStmt } from '@pgsql/types';
import type { Extent, Span } from '../../core/effect.ts';
import type { EntityRef } from '../../core/resource.ts';
import { classifySystemRelation } from './functions/catalogs.ts';
import { as, kindOf, strings } from './parser/grammar.ts';
import { isBounded, type Reading } from './reading.ts';
import { follow, resolveRelation } from './relations.ts';
import { thing } from './resources.ts';
import { readColumn, readWhole, type RangeEntry, type Scope, type SelectResult } from './scope.ts';

/** A condition of a join, and whose rows it limits. */
export interface JoinCondition { readonly quals: Node; readonly limits: readonly RangeEntry[] }

function derived(alias: string | undefined, result: SelectResult, renamed: readonly string[]): RangeEntry {
  const columns = result.columns === undefined ? undefined : [...renamed, ...result.columns.slice(renamed.length)];
  return { alias: alias ?? '', schema: undefined, columns, read: undefined, info: undefined, yields: result.limited ? 'bounded' : result.extent, sampled: result.limited && !isBounded(result.extent) };
}

/** What some relations of the server's own show beside structure and counters is read as what it is. */
function readSystemRelation(ref: EntityRef, span: Span, reading: Reading): void {
  const shown = classifySystemRelation(ref.path.at(-1) ?? '');
  switch (shown) {
    case 'plain':
      break;
    case 'values':
      reading.add('read', thing('database', [reading.catalog.database ?? '*']), { extent: 'unknown', span, note: 'statistics hold values of columns' });
      break;
    case 'queries':
      reading.add('read', thing('session', ['*']), { extent: 'all', span, note: 'the text of others\' queries, with their constants' });
      break;
    case 'secrets':
      reading.add('read', thing('role', ['*'], true), { extent: 'all', span, note: 'password verifiers, connection strings or files' });
      break;
  }
}

/** A relation that is read: its effect, with the columns still to be found. */
export function relationEntry(range: RangeVar, scope: Scope, reading: Reading): RangeEntry {
  const name = range.relname ?? '';
  const renamed = strings(range.alias?.colnames);
  const alias = range.alias?.aliasname ?? name;
  const cte = range.schemaname === undefined ? scope.cte(name) : undefined;
  if (cte !== undefined) return derived(alias, cte, renamed);
  const { ref, info } = resolveRelation(range, reading);
  const read = reading.add('read', ref, { span: reading.at(range.location) });
  if (ref.system) readSystemRelation(ref, read.span, reading);
  if (info !== undefined) follow(info, { event: 'select', extent: 'all', columns: 'all', only: range.inh !== true }, reading);
  const names = info?.columns.map((column) => column.name);
  // Renamed columns are read under their own names: then which ones is not followed.
  if (renamed.length > 0) read.columns = 'all';
  const columns = names === undefined ? undefined : renamed.length === 0 ? names : [...renamed, ...names.slice(renamed.length)];
  return { alias, schema: info?.schema ?? range.schemaname, columns, read, info, yields: 'all' };
}

const open: SelectResult = { extent: 'unknown', columns: undefined, limited: false, inner: 'no' };

/** Adds what a FROM item names to the scope, and says what its joins demand. */
export function readFrom(node: Node, scope: Scope, reading: Reading, conditions: JoinCondition[]): void {
  reading.enter();
  const kind = kindOf(node);
  if ('RangeVar' in node) scope.entries.push(relationEntry(node.RangeVar, scope, reading));
  else if ('JoinExpr' in node) readJoin(node.JoinExpr, scope, reading, conditions);
  else if ('RangeSubselect' in node) {
    const { subquery, alias } = node.RangeSubselect;
    const select: SelectStmt | undefined = as(subquery, 'SelectStmt');
    const result = select === undefined ? open : reading.walks.select(select, scope, reading);
    if (select === undefined) reading.expression(subquery, scope);
    // LATERAL: a few rows for each row of what stands before it.
    const each = node.RangeSubselect.lateral === true && select !== undefined && reading.correlated.has(select);
    scope.entries.push(derived(alias?.aliasname, each ? { ...result, extent: 'unknown', limited: false } : result, strings(alias?.colnames)));
  } else if ('RangeFunction' in node) {
    for (const item of node.RangeFunction.functions ?? []) reading.expression(item, scope);
    scope.entries.push(derived(node.RangeFunction.alias?.aliasname, open, []));
  } else if ('RangeTableSample' in node) {
    const { relation, args, repeatable } = node.RangeTableSample;
    reading.expressions(args, scope);
    reading.expression(repeatable, scope);
    if (relation !== undefined) readFrom(relation, scope, reading, conditions);
  } else if ('RangeTableFunc' in node) {
    const { docexpr, rowexpr, namespaces, columns, alias } = node.RangeTableFunc;
    reading.expression(docexpr, scope);
    reading.expression(rowexpr, scope);
    reading.expressions(namespaces, scope);
    reading.expressions(columns, scope);
    scope.entries.push(derived(alias?.aliasname, open, []));
  } else if ('JsonTable' in node) {
    const table = node.JsonTable;
    if (reading.catalog.serverVersion > 0 && reading.catalog.serverVersion < 170_000) {
      reading.opaque('server-version', thing('statement', ['json_table']), 'JSON_TABLE is an ordinary function on the older server', reading.at(table.location));
    }
    reading.expression(table.context_item?.raw_expr, scope);
    reading.expressions(table.passing, scope);
    reading.expressions(table.columns, scope);
    reading.expression(table.on_error?.expr, scope);
    scope.entries.push(derived(table.alias?.aliasname, open, []));
  } else {
    reading.notModelled(kind);
  }
  reading.leave();
}

function readJoin(join: NonNullable<Extract<Node, { JoinExpr: unknown }>['JoinExpr']>, scope: Scope, reading: Reading, conditions: JoinCondition[]): void {
  const start = scope.entries.length;
  if (join.larg !== undefined) readFrom(join.larg, scope, reading, conditions);
  const middle = scope.entries.length;
  if (join.rarg !== undefined) readFrom(join.rarg, scope, reading, conditions);
  const left = scope.entries.slice(start, middle);
  const right = scope.entries.slice(middle);
  if (join.isNatural === true) [...left, ...right].forEach(readWhole);
  for (const name of strings(join.usingClause)) {
    for (const entry of [...left, ...right]) if (entry.columns === undefined || entry.columns.includes(name)) readColumn(entry, name);
  }
  if (join.quals !== undefined) {
    reading.expression(join.quals, scope);
    // An outer join's condition limits only the side that may be filled with NULL.
    const limits = join.jointype === 'JOIN_INNER' ? [...left, ...right] : join.jointype === 'JOIN_LEFT' ? right : join.jointype === 'JOIN_RIGHT' ? left : [];
    conditions.push({ quals: join.quals, limits });
  }
  if (join.usingClause !== undefined && join.jointype !== 'JOIN_FULL') {
    const limits = join.jointype === 'JOIN_INNER' ? [...left, ...right] : join.jointype === 'JOIN_LEFT' ? right : left;
    for (const name of strings(join.usingClause)) {
      const from = left.find((entry) => entry.columns === undefined || entry.columns.includes(name));
      const to = right.find((entry) => entry.columns === undefined || entry.columns.includes(name));
      if (from !== undefined && to !== undefined && left.length === 1) conditions.push({ quals: usingQuals(from, to, name), limits });
    }
  }
  if (join.alias?.aliasname !== undefined) {
    const parts = [...left, ...right];
    parts.forEach(readWhole);
    scope.entries.push(derived(join.alias.aliasname, { ...open, extent: widest(parts) }, []));
  }
}

function usingQuals(left: RangeEntry, right: RangeEntry, name: string): Node {
  const side = (entry: RangeEntry): Node => ({ ColumnRef: { fields: [{ String: { sval: entry.alias } }, { String: { sval: name } }] } });
  return { A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: '=' } }], lexpr: side(left), rexpr: side(right) } };
}

function widest(entries: readonly RangeEntry[]): Extent {
  return entries.some((entry) => entry.yields === 'all') ? 'all' : 'unknown';
}
