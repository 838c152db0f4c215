import type { A_Indirection, Node, TypeCast } from '@pgsql/types';
import { as, strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { originOf, resolveColumn, type Origin, type RangeEntry, type Scope } from './scope.ts';

/** What the server calls a column that was given no name (FigureColname, parse_target.c). `weak`: a cast's or CASE's own name, which that of a value inside comes before. */
interface Figured { readonly name: string; readonly weak: boolean }

const sure = (name: string): Figured => ({ name, weak: false });

/** Kinds of expression that are called by themselves. */
const fixed: { readonly [kind: string]: string | undefined } = {
  CoalesceExpr: 'coalesce', A_ArrayExpr: 'array', RowExpr: 'row', GroupingFunc: 'grouping', MergeSupportFunc: 'merge_action', XmlSerialize: 'xmlserialize',
  JsonParseExpr: 'json', JsonScalarExpr: 'json_scalar', JsonSerializeExpr: 'json_serialize', JsonObjectConstructor: 'json_object', JsonArrayConstructor: 'json_array',
  JsonArrayQueryConstructor: 'json_array', JsonObjectAgg: 'json_objectagg', JsonArrayAgg: 'json_arrayagg',
};

const valueFunctions: { readonly [op: string]: string | undefined } = {
  SVFOP_CURRENT_DATE: 'current_date', SVFOP_CURRENT_TIME: 'current_time', SVFOP_CURRENT_TIME_N: 'current_time', SVFOP_CURRENT_TIMESTAMP: 'current_timestamp',
  SVFOP_CURRENT_TIMESTAMP_N: 'current_timestamp', SVFOP_LOCALTIME: 'localtime', SVFOP_LOCALTIME_N: 'localtime', SVFOP_LOCALTIMESTAMP: 'localtimestamp',
  SVFOP_LOCALTIMESTAMP_N: 'localtimestamp', SVFOP_CURRENT_ROLE: 'current_role', SVFOP_CURRENT_USER: 'current_user', SVFOP_USER: 'user',
  SVFOP_SESSION_USER: 'session_user', SVFOP_CURRENT_CATALOG: 'current_catalog', SVFOP_CURRENT_SCHEMA: 'current_schema',
};
const xmlExpressions: { readonly [op: string]: string | undefined } = {
  IS_XMLCONCAT: 'xmlconcat', IS_XMLELEMENT: 'xmlelement', IS_XMLFOREST: 'xmlforest', IS_XMLPARSE: 'xmlparse', IS_XMLPI: 'xmlpi', IS_XMLROOT: 'xmlroot',
};
const jsonFunctions: { readonly [op: string]: string | undefined } = { JSON_EXISTS_OP: 'json_exists', JSON_QUERY_OP: 'json_query', JSON_VALUE_OP: 'json_value' };

function named(name: string | undefined): Figured | undefined {
  return name === undefined ? undefined : sure(name);
}

function figureCast(cast: TypeCast, reading: Reading): Figured | undefined {
  const inner = figure(cast.arg, reading);
  const type = strings(cast.typeName?.names).at(-1);
  return inner?.weak === false || type === undefined ? inner : { name: type, weak: true };
}

function figureField(node: A_Indirection, reading: Reading): Figured | undefined {
  return named(strings(node.indirection).at(-1)) ?? figure(node.arg, reading);
}

function figure(node: Node | undefined, reading: Reading): Figured | undefined {
  if (node === undefined) return undefined;
  if ('ColumnRef' in node) return named(strings(node.ColumnRef.fields).at(-1));
  if ('A_Indirection' in node) return figureField(node.A_Indirection, reading);
  if ('FuncCall' in node) return named(strings(node.FuncCall.funcname).at(-1));
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? sure('nullif') : undefined;
  if ('TypeCast' in node) return figureCast(node.TypeCast, reading);
  if ('CollateClause' in node) return figure(node.CollateClause.arg, reading);
  if ('MinMaxExpr' in node) return sure(node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest');
  if ('SQLValueFunction' in node) return named(valueFunctions[node.SQLValueFunction.op ?? '']);
  if ('XmlExpr' in node) return named(xmlExpressions[node.XmlExpr.op ?? '']);
  if ('JsonFuncExpr' in node) return named(jsonFunctions[node.JsonFuncExpr.op ?? '']);
  if ('CaseExpr' in node) {
    const inner = figure(node.CaseExpr.defresult, reading);
    return inner?.weak === false ? inner : { name: 'case', weak: true };
  }
  if ('SubLink' in node) {
    if (node.SubLink.subLinkType === 'EXISTS_SUBLINK') return sure('exists');
    if (node.SubLink.subLinkType === 'ARRAY_SUBLINK') return sure('array');
    const select = as(node.SubLink.subselect, 'SelectStmt');
    return node.SubLink.subLinkType === 'EXPR_SUBLINK' && select !== undefined ? named(reading.results.get(select)?.columns?.[0]) : undefined;
  }
  return named(fixed[Object.keys(node)[0] ?? '']);
}

function starredEntries(target: Node, scope: Scope): readonly RangeEntry[] {
  const ref = as(target, 'ColumnRef');
  const fields = ref?.fields ?? [];
  const entries = fields.length === 1 ? scope.open() : [];
  if (ref !== undefined && fields.length > 1) {
    const found = resolveColumn(ref, scope);
    if (found.kind === 'row') entries.push(found.entry);
  }
  return entries;
}

/** Columns of `*` or `t.*`; undefined for any other target, or when they are not known. */
function starred(target: Node, scope: Scope): readonly string[] | undefined {
  const entries = starredEntries(target, scope);
  if (entries.length === 0 || entries.some(({ columns }) => columns === undefined)) return undefined;
  return entries.flatMap(({ columns }) => columns ?? []);
}

/** Whose columns `*` or `t.*` shows, in order; undefined for any other target. */
export function starredOrigins(target: Node | undefined, scope: Scope): readonly (Origin | undefined)[] | 'unknown' | undefined {
  if (!isStar(target)) return undefined;
  const entries = starredEntries(target, scope);
  if (entries.length === 0 || entries.some(({ columns }) => columns === undefined)) return 'unknown';
  return entries.flatMap((entry) => (entry.columns ?? []).map((column) => originOf(entry, column)));
}

function isStar(target: Node | undefined): target is Node {
  const last = as(target, 'ColumnRef')?.fields?.at(-1);
  return last !== undefined && 'A_Star' in last;
}

/** Names of the output columns, in order; undefined when `*` shows what is not known. Sub-queries have been read before. */
export function outputColumns(targets: readonly Node[] | undefined, scope: Scope, reading: Reading): string[] | undefined {
  const names: string[] = [];
  for (const node of targets ?? []) {
    const target = as(node, 'ResTarget');
    const value = target?.val;
    const shown = target?.name === undefined && isStar(value) ? starred(value, scope) : [target?.name ?? figure(value, reading)?.name ?? '?column?'];
    if (shown === undefined) return undefined;
    names.push(...shown);
  }
  return names;
}
