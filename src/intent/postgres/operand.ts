import type { A_Expr, FuncCall, Node, SelectStmt, SubLink, TypeName } from '@pgsql/types';
import { constantOf } from './constant.ts';
import { isSteady } from './functions/builtins.ts';
import { as, strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { resolveColumn, type RangeEntry, type Scope } from './scope.ts';

type Value = string | number | boolean | null | undefined;

/**
 * What one side of a comparison is, seen from a row. `fixed`: the same for every row of this query; its value where that is certain, and where
 * it may be a moment the text that a column is compared with: two texts of one moment are no different moments.
 */
export type Operand =
  | { readonly kind: 'fixed'; readonly value: Value; readonly text?: string }
  | { readonly kind: 'column'; readonly entry: RangeEntry; readonly column: string }
  /** A function of one column that keeps different values apart, as far as bounding goes. */
  | { readonly kind: 'of-column'; readonly entry: RangeEntry }
  | { readonly kind: 'other' };

const other: Operand = { kind: 'other' };
const unknownFixed: Operand = { kind: 'fixed', value: undefined };

/** Functions and operators of one column (and a constant, as the place says) under which it still picks rows out when compared with a constant. */
const picking: { readonly [name: string]: { readonly column: number; readonly count: number } | undefined } = {
  lower: { column: 0, count: 1 }, upper: { column: 0, count: 1 }, date: { column: 0, count: 1 }, btrim: { column: 0, count: 1 },
  timezone: { column: 1, count: 2 }, date_trunc: { column: 1, count: 2 },
};
/** Centuries hold every row. */
const shortUnits = new Set(['microseconds', 'milliseconds', 'second', 'minute', 'hour', 'day', 'week', 'month']);
const pickingOperators = new Set(['->', '->>', '#>', '#>>']);
export function operatorOf(expression: A_Expr): string {
  const names = strings(expression.name);
  // OPERATOR(schema.=) may be anybody's.
  return names.length === 1 || names[0] === 'pg_catalog' ? names[names.length - 1] ?? '' : '';
}

function allFixed(nodes: readonly Node[] | undefined, scope: Scope, reading: Reading): boolean {
  return (nodes ?? []).every((node) => operand(node, scope, reading).kind === 'fixed');
}

export function operand(node: Node | undefined, scope: Scope, reading: Reading): Operand {
  if (node === undefined) return other;
  if ('A_Const' in node) {
    const value = constantOf(node);
    return typeof value === 'string' ? { kind: 'fixed', value, text: value } : { kind: 'fixed', value };
  }
  if ('ParamRef' in node || 'SQLValueFunction' in node) return unknownFixed;
  if ('ColumnRef' in node) {
    const found = resolveColumn(node.ColumnRef, scope);
    // A name that is both is an error of the server's.
    if (found.kind === 'column' && !found.certain && reading.variables.has(found.column)) return unknownFixed;
    if (found.kind === 'column') return scope.entries.includes(found.entry) ? { kind: 'column', entry: found.entry, column: found.column } : other;
    // In a body, what is no column of a known relation is a variable.
    return found.kind === 'none' && reading.inFunction ? unknownFixed : other;
  }
  if ('TypeCast' in node) {
    const inner = operand(node.TypeCast.arg, scope, reading);
    if (inner.kind === 'fixed') return isMoment(node.TypeCast.typeName) && inner.text !== undefined ? { kind: 'fixed', value: undefined, text: inner.text } : unknownFixed;
    if (!keepsApart(node.TypeCast.typeName)) return other;
    return inner.kind === 'column' ? { kind: 'of-column', entry: inner.entry } : inner;
  }
  if ('A_ArrayExpr' in node) return allFixed(node.A_ArrayExpr.elements, scope, reading) ? unknownFixed : other;
  if ('List' in node) return allFixed(node.List.items, scope, reading) ? unknownFixed : other;
  if ('RowExpr' in node) return allFixed(node.RowExpr.args, scope, reading) ? unknownFixed : other;
  if ('CollateClause' in node) {
    // Under another collation 'a' may be 'A'.
    const inner = operand(node.CollateClause.arg, scope, reading);
    return inner.kind === 'fixed' ? unknownFixed : inner;
  }
  if ('FuncCall' in node) return callOperand(node.FuncCall, scope, reading);
  if ('SubLink' in node) return scalarQuery(node.SubLink, scope, reading) ? unknownFixed : other;
  if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_OP') {
    const left = node.A_Expr.lexpr === undefined ? unknownFixed : operand(node.A_Expr.lexpr, scope, reading);
    const right = operand(node.A_Expr.rexpr, scope, reading);
    if (left.kind === 'fixed' && right.kind === 'fixed') {
      return { kind: 'fixed', value: arithmetic(operatorOf(node.A_Expr), node.A_Expr.lexpr === undefined ? 0 : left.value, right.value) };
    }
    if (left.kind === 'column' && right.kind === 'fixed' && pickingOperators.has(operatorOf(node.A_Expr))) return { kind: 'of-column', entry: left.entry };
    if (left.kind === 'of-column' && right.kind === 'fixed' && pickingOperators.has(operatorOf(node.A_Expr))) return left;
  }
  return other;
}

/** `0 + 0` is no other limit than `0`. */
function arithmetic(operator: string, a: unknown, b: unknown): number | undefined {
  // Of fractions the server has another idea: there 0.1 + 0.2 is 0.3.
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return undefined;
  const [left, right] = [Number(a), Number(b)];
  switch (operator) {
    case '+': return left + right;
    case '-': return left - right;
    case '*': return left * right;
    default: return undefined;
  }
}

/** Does the function give one value for one statement? */
function isSteadyCall(names: readonly string[], reading: Reading): boolean {
  const name = names.at(-1) ?? '';
  const schema = names.length > 1 ? names.at(-2) : undefined;
  if ((schema === undefined || schema === 'pg_catalog') && isSteady(name)) return true;
  const path = reading.searchPath;
  const found = path === 'unknown' ? [] : reading.catalog.functions({ schema, name }, path);
  return found.length > 0 && found.every((one) => one.volatility !== 'volatile');
}

function callOperand(call: FuncCall, scope: Scope, reading: Reading): Operand {
  const args = (call.args ?? []).map((arg) => operand(arg, scope, reading));
  const names = strings(call.funcname);
  const name = names.at(-1) ?? '';
  // A counter gives each row its own number: `id = nextval('s')` may be true of all of them.
  if (args.every((arg) => arg.kind === 'fixed')) return isSteadyCall(names, reading) ? unknownFixed : other;
  const form = names.length === 1 || names[0] === 'pg_catalog' ? picking[name] : undefined;
  if (form === undefined || call.args?.length !== form.count || call.args.some((arg) => 'NamedArgExpr' in arg) || call.func_variadic === true) return other;
  if (args.some((arg, i) => i !== form.column && arg.kind !== 'fixed')) return other;
  if (name === 'date_trunc') {
    reading.literalsMatter = true;
    if (!shortUnits.has(String(constantOf(call.args[0])).toLowerCase())) return other;
  }
  const column = args[form.column];
  return column?.kind === 'column' || column?.kind === 'of-column' ? { kind: 'of-column', entry: column.entry } : other;
}

/** Casts under which different values stay different, as far as picking rows goes. A length cuts, and to boolean or "char" all become a few. */
const keepingCasts = new Set(['text', 'varchar', 'bpchar', 'citext', 'uuid', 'int2', 'int4', 'int8', 'numeric', 'float8', 'date', 'timestamp', 'timestamptz', 'jsonb', 'inet', 'oid']);

function keepsApart(type: TypeName | undefined): boolean {
  return type?.typmods === undefined && type?.arrayBounds === undefined && keepingCasts.has(strings(type?.names).at(-1) ?? '');
}

/** A date or a moment is known by its text, and so is what the column will say how to read; what other casts make of a literal is for the server to say (`'1' = '01'` under `::int`). */
function isMoment(type: TypeName | undefined): boolean {
  return ['date', 'timestamp', 'timestamptz', 'unknown'].includes(strings(type?.names).at(-1) ?? '') && type?.typmods === undefined;
}

/** A sub-query that gives one value, the same for every row. */
function scalarQuery(link: SubLink, scope: Scope, reading: Reading): boolean {
  const select = as(link.subselect, 'SelectStmt');
  return link.subLinkType === 'EXPR_SUBLINK' && select !== undefined && independent(select, scope, reading);
}

/**
 * The query does not depend on the row. Where columns are not known, an unqualified one may be the outer row's, unless both read the
 * same relation: then it is the inner one's.
 */
export function independent(select: SelectStmt, scope: Scope, reading: Reading): boolean {
  const correlated = reading.correlated.get(select);
  return correlated === undefined || (correlated === 'maybe' && ofSameRelation(select, scope));
}

function ofSameRelation(select: SelectStmt, scope: Scope): boolean {
  const name = select.fromClause?.length === 1 ? as(select.fromClause[0], 'RangeVar')?.relname : undefined;
  return name !== undefined && scope.entries.some((entry) => entry.read?.resource.path.at(-1) === name);
}

