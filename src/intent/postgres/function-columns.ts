import type { FuncCall, Node, RangeFunction } from '@pgsql/types';
import type { Catalog, FunctionInfo } from '../../core/catalog.ts';
import { basicType } from './basic-type.ts';
import { meantBy } from './calls.ts';
import { hasColumnMarks, isChanged, isDropped, isRelationChanged } from './changes.ts';
import { builtinResult } from './functions/results.ts';
import { as, listItems, strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import type { Scope } from './scope.ts';
import { literal, typeOf } from './type-of.ts';

/**
 * Names of the columns that the functions of a FROM item give, as the server finds them (src/backend/parser/parse_relation.c, addRangeTableEntryForFunction).
 * Undefined where there may be others: a name that is taken for one of these is none of an outer query.
 */
export function functionColumns({ functions, coldeflist, alias, ordinality }: RangeFunction, scope: Scope, reading: Reading): readonly string[] | undefined {
  const items = functions ?? [];
  const columns: string[] = [];
  for (const item of items) {
    const [call, definitions] = listItems(item);
    const defined = coldeflist ?? listItems(definitions);
    const names = defined.length > 0 ? defined.flatMap((node) => as(node, 'ColumnDef')?.colname ?? []) : callColumns(as(call, 'FuncCall'), items.length === 1 ? alias?.aliasname : undefined, scope, reading);
    if (names === undefined) return undefined;
    columns.push(...names);
  }
  const written = strings(alias?.colnames);
  return [...columns, ...ordinality === true ? ['ordinality'] : []].map((name, i) => written[i] ?? name);
}

/** What a function in FROM is called that was given no other name. */
export function functionAlias({ functions, alias }: RangeFunction): string | undefined {
  const [first] = functions ?? [];
  return alias?.aliasname ?? strings(as(listItems(first)[0], 'FuncCall')?.funcname).at(-1);
}

function callColumns(call: FuncCall | undefined, alias: string | undefined, scope: Scope, reading: Reading): readonly string[] | undefined {
  const name = strings(call?.funcname).at(-1);
  if (call === undefined || name === undefined) return undefined;
  if (name === 'unnest') return unnested(call, alias, scope, reading);
  const { own, builtin, unsure } = meantBy(call, reading);
  if (unsure || isChanged('function', name, reading) || mayBeColumn(call, name, scope, reading)) return undefined;
  const alone = alias ?? name;
  const each = own.map((fn) => resultColumns(fn, alone, reading));
  if (builtin !== undefined) each.push(builtinResult(name, alone));
  const [first] = each;
  return first !== undefined && each.every((one) => one?.join('\0') === first.join('\0')) ? first : undefined;
}

function resultColumns({ kind, result }: FunctionInfo, alone: string, reading: Reading): readonly string[] | undefined {
  if (kind !== 'function' || result === undefined) return undefined;
  switch (result.gives) {
    case 'value': return [result.name ?? alone];
    case 'columns': return result.columns;
    case 'row': return rowColumns(result.relation, reading);
    case 'unknown': break;
  }
  return undefined;
}

function rowColumns(oid: number, reading: Reading): readonly string[] | undefined {
  const info = reading.catalog.relationByOid(oid);
  if (info === undefined || isRelationChanged(info, reading) || isDropped(info, reading) || hasColumnMarks(info, reading) || isChanged('type', info.name, reading)) return undefined;
  return info.columns.map(({ name }) => name);
}

/** Of arrays of values, each a column; those of rows come apart. */
function unnested(call: FuncCall, alias: string | undefined, scope: Scope, reading: Reading): readonly string[] | undefined {
  const args = call.args ?? [];
  const { own, unsure } = meantBy(call, reading);
  if (unsure || own.length > 0 || isChanged('function', 'unnest', reading) || !args.every((arg) => isOfValues(arg, scope, reading))) return undefined;
  return args.length === 1 ? [alias ?? 'unnest'] : args.map(() => 'unnest');
}

/** An array of which the statement says that no row is in it. */
function isOfValues(node: Node, scope: Scope, reading: Reading): boolean {
  const cast = as(node, 'TypeCast');
  if (cast !== undefined) {
    const { arrayBounds, ...element } = cast.typeName ?? {};
    return arrayBounds !== undefined && isValue(typeOf({ TypeCast: { arg: { A_Const: { isnull: true } }, typeName: element } }, scope, reading), reading);
  }
  const elements = as(node, 'A_ArrayExpr')?.elements ?? [];
  return elements.length > 0 && elements.every((element) => isValue(typeOf(element, scope, reading), reading));
}

/** It is no row: built in, or made in the database and neither composite nor unknown. */
function isValue(type: string | undefined, reading: Reading): boolean {
  if (type === undefined) return false;
  const basic = basicType(type, reading);
  const made = reading.catalog.typeWritten(basic);
  return basic === literal || (made === undefined ? !basic.includes('.') && !basic.startsWith('pg_') && basic !== 'record' : made.kind !== 'composite' && made.kind !== 'domain');
}

/**
 * Of a row, `name(t)` may be its column: where no function of the name takes it (src/backend/parser/parse_func.c, ParseComplexProjection). The types of
 * arguments are not compared here, so that a function counts for any.
 */
function mayBeColumn(call: FuncCall, name: string, scope: Scope, reading: Reading): boolean {
  const [arg, ...others] = call.args ?? [];
  if (arg === undefined || others.length > 0 || isValue(typeOf(arg, scope, reading), reading)) return false;
  if (reading.state.ownRelations.size > 0) reading.readsSession = true;
  return reading.state.ownRelations.size > 0 || reading.state.changed.size > 0 || isColumnName(name, reading.catalog);
}

const columnNames = new WeakMap<Catalog, Map<string, boolean>>();

/** Whether any relation has such a column. */
function isColumnName(name: string, catalog: Catalog): boolean {
  const names = columnNames.get(catalog) ?? new Map<string, boolean>();
  columnNames.set(catalog, names);
  const known = names.get(name);
  if (known !== undefined) return known;
  let found = catalog.relations === undefined;
  for (const { columns } of catalog.relations ?? []) found ||= columns.some((column) => column.name === name);
  names.set(name, found);
  return found;
}
