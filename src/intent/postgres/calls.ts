import type { FuncCall, Node, SelectStmt } from '@pgsql/types';
import type { FunctionInfo } from '../../core/catalog.ts';
import type { Effect } from '../../core/effect.ts';
import type { EntityRef } from '../../core/resource.ts';
import { isChanged } from './changes.ts';
import { functionRef, readFunctionInfo } from './bodies.ts';
import { constantOf } from './constant.ts';
import { lookupBuiltin, type BuiltinClass, type BuiltinEffect } from './functions/builtins.ts';
import { lookupExtensionFunction } from './functions/extensions.ts';
import { repeat } from './held.ts';
import { resolveColumnName, resolveIndex, resolveTable } from './named-tables.ts';
import { as, strings } from './parser/grammar.ts';
import { isTree } from './parser/parser.ts';
import type { Draft } from './drafts.ts';
import type { Reading } from './reading.ts';
import { thing } from './resources.ts';
import { resolveSequence } from './sequences.ts';
import { rowNamed, type Scope } from './scope.ts';
import { changeSetting, changeSomeSetting } from './session-state.ts';
import type { TransitionTables } from './transition.ts';
import { makesJson, wantJson, wantType } from './types.ts';

function takes(fn: FunctionInfo, count: number): boolean {
  const most = fn.arguments.length;
  return count >= most - fn.defaults - (fn.variadic ? 1 : 0) && (count <= most || fn.variadic);
}

/** What CALL gives a procedure for its OUT parameters counts, and is not among its arguments (PostgreSQL 18 documentation, pg_proc: proargtypes). Undefined: not known. */
function outParameters(fn: FunctionInfo, reading: Reading): number | undefined {
  const answer = fn.definition === undefined ? undefined : reading.parser.parseKept(fn.definition);
  const made = answer === undefined || !isTree(answer) ? undefined : as(answer.stmts?.[0]?.stmt, 'CreateFunctionStmt');
  return made?.parameters?.filter((node) => as(node, 'FunctionParameter')?.mode === 'FUNC_PARAM_OUT').length;
}

/** Parameters that stand there alone may have the type void, with which drivers say what comes out: such are no arguments (ParseFuncOrColumn, src/backend/parser/parse_func.c). */
function mayBeVoid(node: Node): boolean {
  return 'ParamRef' in node;
}

function mayTake(fn: FunctionInfo, call: FuncCall, reading: Reading): boolean {
  const given = (call.args?.length ?? 0) + (call.agg_within_group === true ? call.agg_order?.length ?? 0 : 0);
  const outs = fn.kind === 'procedure' ? outParameters(fn, reading) : 0;
  const fewest = fn.kind === 'procedure' ? given - (outs ?? given) : given - (call.args ?? []).filter(mayBeVoid).length;
  for (let count = fewest; count <= given; count++) if (takes(fn, count)) return true;
  return false;
}

/** Every function that a call may mean, since which one depends on types. */
export interface Meant {
  readonly own: readonly FunctionInfo[];
  readonly builtin: BuiltinClass | undefined;
  /** There may be others. */
  readonly unsure: boolean;
}

export function meantBy(call: FuncCall, reading: Reading): Meant {
  const [name = '', schema] = strings(call.funcname).toReversed();
  const builtin = schema === undefined || schema === 'pg_catalog' || schema === 'information_schema' ? lookupBuiltin(name) : undefined;
  const path = reading.searchPath;
  const isKnown = reading.catalog.known && (schema !== undefined || path !== 'unknown');
  const own = isKnown ? reading.catalog.functions({ schema, name }, path === 'unknown' ? [] : path).filter((fn) => mayTake(fn, call, reading)) : [];
  return { own, builtin, unsure: !isKnown };
}

/**
 * What a call does: of every function that it may mean, since which one depends on types. The arguments are walked by the caller.
 * Returns those of the catalog.
 */
export function readCall(call: FuncCall, scope: Scope, reading: Reading): readonly FunctionInfo[] {
  const parts = strings(call.funcname);
  const name = parts[parts.length - 1] ?? '';
  const { own, builtin } = meantBy(call, reading);
  // What the catalog has of that name says it itself.
  if ((own.length === 0 || builtin !== undefined) && isChanged('function', name, reading)) {
    reading.opaque('session-state', thing('function', parts), 'this transaction has changed what the name means: end it first', reading.at(call.location));
  }
  for (const fn of own) {
    for (const type of fn.arguments) wantType(type, reading);
    readOwn(fn, call, scope, reading);
  }
  if (builtin !== undefined) readBuiltin(name, builtin, call, scope, reading, thing('function', ['pg_catalog', name], true));
  else if (own.length === 0 && !isAttribute(call, name, scope)) unknownFunction(parts, call, reading);
  return own;
}

/** What a function of the catalog does: by its extension's pack, or by its body. */
export function readOwn(fn: FunctionInfo, call: FuncCall, scope: Scope, reading: Reading, tables?: TransitionTables): void {
  const pack = fn.extension === undefined ? undefined : lookupExtensionFunction(fn.extension, fn.name, fn.volatility, fn.language);
  if (pack === undefined) readFunctionInfo(fn, reading, tables);
  else readBuiltin(fn.name, pack, call, scope, reading, functionRef(fn));
}

/** `name(t)` is also how column `name` of row `t` may be written; then there is nothing to call. */
function isAttribute(call: FuncCall, name: string, scope: Scope): boolean {
  const ref = call.args?.length === 1 ? as(call.args[0], 'ColumnRef') : undefined;
  const row = ref === undefined ? undefined : strings(ref.fields)[0];
  return row !== undefined && rowNamed(row, scope)?.columns?.includes(name) === true;
}

function unknownFunction(parts: readonly string[], call: FuncCall, reading: Reading): void {
  const unknownPath = parts.length === 1 && reading.searchPath === 'unknown' && reading.catalog.known;
  reading.readsSession ||= unknownPath;
  reading.opaque(unknownPath ? 'session-state' : 'unknown-function', thing('function', parts),
    unknownPath ? 'the search path is not known here: qualify the name' : 'what this function does is not known', reading.at(call.location));
}

export function readBuiltin(name: string, builtin: BuiltinClass, call: FuncCall, scope: Scope, reading: Reading, ref: EntityRef): void {
  if (makesJson(name)) wantJson(reading);
  if (!('effects' in builtin)) return;
  // The constants decide what the call does.
  reading.literalsMatter = true;
  // The elements of a VARIADIC array are arguments, of which none is seen; one in named notation may stand in any place.
  const firstVoid = exactly[name] === call.args?.length ? -1 : (call.args ?? []).findIndex(mayBeVoid);
  const args = (call.args ?? []).map((arg, i) => (call.func_variadic === true || (firstVoid !== -1 && i > firstVoid) ? undefined : constantOf(arg)));
  for (const effect of builtin.effects({ name, args, ...firstVoid === -1 ? {} : { fewer: true } })) applyBuiltin(ref, effect, call, scope, reading);
}

/** So many arguments one of these takes: where they are there, none is void. */
const exactly: { readonly [name: string]: number | undefined } = { set_config: 3, current_setting: 2 };

function isColumnName(node: Node | undefined): boolean {
  return strings(as(node, 'ColumnRef')?.fields).join('.') === 'name';
}

/**
 * The setting in pg_dump's `SELECT set_config(name, ..., false) FROM pg_settings WHERE name = '...'`, which is its way to set what an older
 * server may not have: the WHERE lets one row through, and it is the whole WHERE, so that the call cannot stand before it. Never
 * `search_path`, since whether there is such a row decides whether it is set.
 */
function settingOfRow(call: FuncCall, scope: Scope): string | undefined {
  const query: SelectStmt | undefined = scope.owner;
  const [entry] = scope.entries;
  const condition = as(query?.whereClause, 'A_Expr');
  // UPDATE could change the name before RETURNING, an alias could give it to another column.
  if (query?.fromClause?.length !== 1 || as(query.fromClause[0], 'RangeVar')?.alias !== undefined) return undefined;
  if (scope.entries.length !== 1 || entry?.read?.resource.system !== true || entry.read.resource.path.at(-1) !== 'pg_settings') return undefined;
  if (condition?.kind !== 'AEXPR_OP' || strings(condition.name).join('.') !== '=' || !isColumnName(condition.lexpr) || !isColumnName(call.args?.[0])) return undefined;
  const value = as(condition.rexpr, 'A_Const')?.sval?.sval?.toLowerCase();
  return value === 'search_path' ? undefined : value;
}

/**
 * Is the call a target of the command's own plain SELECT, which runs it exactly once? Anywhere else (behind a WHERE, in a CASE, in a CTE
 * that nobody reads) it may not run, and what it would set is then not set.
 */
function surelyRuns(call: FuncCall, scope: Scope): boolean {
  const query: SelectStmt | undefined = scope.owner;
  if (query === undefined || scope.parent?.outermost !== query) return false;
  const { targetList, fromClause, whereClause, groupClause, havingClause, windowClause, valuesLists, distinctClause, limitCount, limitOffset, withClause } = query;
  const others = [fromClause, whereClause, groupClause, havingClause, windowClause, valuesLists, distinctClause, limitCount, limitOffset, withClause];
  return others.every((part) => part === undefined) && (targetList ?? []).some((target) => as(as(target, 'ResTarget')?.val, 'FuncCall') === call);
}

/** What a name in an argument means here and now. */
function resolveNamed(effect: Pick<Effect, 'resource' | 'verb'>, call: FuncCall, reading: Reading): EntityRef {
  const { kind } = effect.resource;
  if (kind === 'table') return resolveTable(effect, call, reading);
  if (kind === 'column') return resolveColumnName(effect, call, reading);
  return kind === 'index' ? resolveIndex(effect, call, reading) : effect.resource;
}

function applyBuiltin(ref: EntityRef, effect: BuiltinEffect, call: FuncCall, scope: Scope, reading: Reading): void {
  const span = reading.at(call.location);
  if ('setting' in effect) {
    const { value, local } = effect.setting;
    const setting = effect.setting.name ?? settingOfRow(call, scope);
    if (setting === undefined) changeSomeSetting(span, reading);
    else changeSetting(setting, surelyRuns(call, scope) || setting.toLowerCase() !== 'search_path' ? value : undefined, local, span, reading);
  } else if ('sql' in effect) {
    const sql = effect.sql;
    if (sql === undefined) reading.opaque('computed-code', ref, 'the text that this function runs is made up at run time', span);
    else reading.through(ref, `sql ${sql}`, () => { reading.walks.text(sql, reading); });
  } else {
    const { verb, columns, reversible, sink, reason, note, outsideTransaction } = effect;
    const { resource, extent } = effect.resource.kind === 'sequence' ? resolveSequence(effect.resource, call, scope, reading) : { resource: resolveNamed(effect, call, reading), extent: effect.extent };
    if (resource.kind === 'cursor' && verb === 'read') repeat(reading.state.cursors.get(resource.path[0] ?? ''), 'cursor', resource.path[0] ?? '', reading);
    const details: Partial<Draft> = { extent, columns, reversible, span };
    if (sink !== undefined) details.sink = sink;
    if (reason !== undefined) details.reason = reason;
    if (note !== undefined) details.note = note;
    if (outsideTransaction !== undefined) details.outsideTransaction = outsideTransaction;
    reading.add(verb, resource, details);
  }
}
