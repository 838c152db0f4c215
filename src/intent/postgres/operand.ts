import type { A_Expr, FuncCall, Node, SelectStmt, SubLink, TypeName } from '@pgsql/types';
import type { FunctionInfo } from '../../core/catalog.ts';
import { basicType } from './basic-type.ts';
import { every, isChanged } from './changes.ts';
import { constantOf } from './constant.ts';
import { isSteady } from './functions/builtins.ts';
import { as, strings } from './parser/grammar.ts';
import { meansOwn } from './operators.ts';
import type { Reading } from './reading.ts';
import { resolveColumn, type RangeEntry, type Scope } from './scope.ts';
import { storedColumn } from './shown.ts';
import { isBuiltinName } from './type-names.ts';
import { transitionTable } from './transition.ts';

type Value = string | number | boolean | null | undefined;

/**
 * What one side of a comparison is, seen from a row. `fixed`: the same for every row of this query; its value where that is certain, and where
 * it may be a moment the text that a column is compared with: two texts of one moment are no different moments.
 */
export type Operand =
  | { readonly kind: 'fixed'; readonly value: Value; readonly text?: string }
  | { readonly kind: 'column'; readonly entry: RangeEntry; readonly column: string }
  /** A function of one column that keeps different values apart, as far as bounding goes. */
  | { readonly kind: 'of-column'; readonly entry: RangeEntry; readonly column: string }
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
    return keepsApart(node.TypeCast.typeName, inner, reading) ? changed(inner) : other;
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
    if (right.kind === 'fixed' && pickingOperators.has(operatorOf(node.A_Expr)) && !meansOwn(node.A_Expr.name, node.A_Expr.lexpr, node.A_Expr.rexpr, scope, reading)) return changed(left);
  }
  return other;
}

function changed(side: Operand): Operand {
  return side.kind === 'column' || side.kind === 'of-column' ? { kind: 'of-column', entry: side.entry, column: side.column } : other;
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

function ownFunctions(names: readonly string[], reading: Reading): readonly FunctionInfo[] {
  const path = reading.searchPath;
  const schema = names.length > 1 ? names.at(-2) : undefined;
  return path === 'unknown' && schema === undefined ? [] : reading.catalog.functions({ schema, name: names.at(-1) ?? '' }, path === 'unknown' ? [] : path);
}

/** Does the function give one value for one statement? */
function isSteadyCall(names: readonly string[], reading: Reading): boolean {
  const found = ownFunctions(names, reading);
  if (isChanged('function', names.at(-1) ?? '', reading)) return false;
  const builtin = (names.length === 1 || names.at(-2) === 'pg_catalog') && isSteady(names.at(-1) ?? '');
  return (builtin || found.length > 0) && found.every((one) => one.volatility !== 'volatile' && changesNothing(one, reading));
}

/** One that is said to be stable and counts gives each row its own number. */
function changesNothing(fn: FunctionInfo, reading: Reading): boolean {
  if (fn.extension !== undefined) return true;
  const known = reading.steady.get(fn.oid);
  if (known !== undefined) return known;
  const steady = reading.aside(() => {
    reading.walks.called({ functions: [fn.oid], builtins: [], types: [] }, reading);
    return reading.drafts.every(({ verb }) => verb === 'read');
  });
  reading.steady.set(fn.oid, steady);
  return steady;
}

function callOperand(call: FuncCall, scope: Scope, reading: Reading): Operand {
  const args = (call.args ?? []).map((arg) => operand(arg, scope, reading));
  const names = strings(call.funcname);
  const name = names.at(-1) ?? '';
  // A counter gives each row its own number: `id = nextval('s')` may be true of all of them.
  if (args.every((arg) => arg.kind === 'fixed')) return isSteadyCall(names, reading) ? unknownFixed : other;
  const form = names.length === 1 || names[0] === 'pg_catalog' ? picking[name] : undefined;
  if (form === undefined || call.args?.length !== form.count || call.args.some((arg) => 'NamedArgExpr' in arg) || call.func_variadic === true) return other;
  // One of a user's own for the type at hand goes before the server's.
  if (names.length === 1 && (reading.searchPath === 'unknown' || ownFunctions(names, reading).length > 0 || isChanged('function', name, reading))) return other;
  if (args.some((arg, i) => i !== form.column && arg.kind !== 'fixed')) return other;
  if (name === 'date_trunc') {
    reading.literalsMatter = true;
    if (!shortUnits.has(String(constantOf(call.args[0])).toLowerCase())) return other;
  }
  return changed(args[form.column] ?? other);
}

/** Casts under which different values stay different, as far as picking rows goes. A length cuts, and to boolean or "char" all become a few. */
const keepingCasts = new Set(['text', 'varchar', 'bpchar', 'citext', 'uuid', 'int2', 'int4', 'int8', 'numeric', 'float8', 'date', 'timestamp', 'timestamptz', 'jsonb', 'inet', 'oid']);

const wholeNumbers = new Set(['int2', 'int4', 'int8', 'oid']);
/** `format_type` of those of which whole numbers keep few values. */
const fractions = new Set(['numeric', 'real', 'double precision', 'money']);

function keepsApart(type: TypeName | undefined, from: Operand, reading: Reading): boolean {
  const [name = '', schema] = strings(type?.names).toReversed();
  // A domain of that name may cut.
  const isBuiltin = schema === 'pg_catalog' || (schema === undefined && isBuiltinName(name, reading.searchPath));
  const own = isBuiltin ? undefined : reading.catalog.typeNamed({ schema, name }, reading.searchPath);
  if (own === undefined ? !isBuiltin && schema !== undefined && name !== 'citext' : own.kind !== 'base') return false;
  if (from.kind === 'fixed' || from.kind === 'other' || type?.typmods !== undefined || type?.arrayBounds !== undefined || !keepingCasts.has(name)) return false;
  const given = from.kind === 'of-column' ? undefined : typeOfColumn(from.entry, from.column, reading);
  return given === undefined || (given !== 'boolean' && !(wholeNumbers.has(name) && fractions.has(given)) && !isRecast(given, reading));
}

/** A cast that was made in the database makes a value of one of the server's types of it, where the two are compared: the same one of all, perhaps. */
export function isRecast(type: string, reading: Reading): boolean {
  const { catalog } = reading;
  return (catalog.typeWritten(type) !== undefined && isChanged('cast', every, reading)) || catalog.casts.some(({ source, target }) => source === type && catalog.typeWritten(target) === undefined);
}

/** `format_type` of a stored column without modifiers, of a domain what its values are; undefined: not known. */
export function typeOfColumn(entry: RangeEntry, column: string, reading: Reading): string | undefined {
  const stored = storedColumn(entry, column, reading);
  const type = stored?.entry.info?.columns.find(({ name }) => name === stored.column)?.type.replace(/\([^()"]*\)/, '');
  return type === undefined ? undefined : basicType(type, reading);
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
  return correlated === undefined || (correlated === 'maybe' && ofSameRelation(select, scope, reading));
}

function ofSameRelation(select: SelectStmt, scope: Scope, reading: Reading): boolean {
  const range = select.fromClause?.length === 1 ? as(select.fromClause[0], 'RangeVar') : undefined;
  const name = range?.relname;
  return range !== undefined && name !== undefined && transitionTable(range, reading) === undefined && scope.entries.some((entry) => entry.read?.resource.path.at(-1) === name);
}

