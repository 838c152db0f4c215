import type { A_Expr, FuncCall, Node, SelectStmt, SubLink } from '@pgsql/types';
import { constantOf } from './calls.ts';
import { as, strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { resolveColumn, type RangeEntry, type Scope } from './scope.ts';

/** What one side of a comparison is, seen from a row. `fixed`: the same for every row of this query. */
export type Operand =
  | { readonly kind: 'fixed'; readonly value: string | number | boolean | null | undefined }
  | { readonly kind: 'column'; readonly entry: RangeEntry; readonly column: string }
  /** A function of one column that keeps different values apart, as far as bounding goes. */
  | { readonly kind: 'of-column'; readonly entry: RangeEntry }
  | { readonly kind: 'other' };

const other: Operand = { kind: 'other' };
const unknownFixed: Operand = { kind: 'fixed', value: undefined };

/** Functions and operators under which a column compared with a constant still picks rows out. */
const picking = new Set(['lower', 'upper', 'date', 'date_trunc', 'btrim', 'trim', 'timezone', 'extract']);
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
  if ('A_Const' in node) return { kind: 'fixed', value: constantOf(node) };
  if ('ParamRef' in node || 'SQLValueFunction' in node) return unknownFixed;
  if ('ColumnRef' in node) {
    const found = resolveColumn(node.ColumnRef, scope);
    if (found.kind === 'column') return scope.entries.includes(found.entry) ? { kind: 'column', entry: found.entry, column: found.column } : other;
    // In a body, what is no column of a known relation is a variable.
    return found.kind === 'none' && reading.inFunction ? unknownFixed : other;
  }
  if ('TypeCast' in node) {
    const inner = operand(node.TypeCast.arg, scope, reading);
    return inner.kind === 'column' ? { kind: 'of-column', entry: inner.entry } : inner;
  }
  if ('A_ArrayExpr' in node) return allFixed(node.A_ArrayExpr.elements, scope, reading) ? unknownFixed : other;
  if ('List' in node) return allFixed(node.List.items, scope, reading) ? unknownFixed : other;
  if ('RowExpr' in node) return allFixed(node.RowExpr.args, scope, reading) ? unknownFixed : other;
  if ('CollateClause' in node) return operand(node.CollateClause.arg, scope, reading);
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
  if (typeof a !== 'number' || typeof b !== 'number') return undefined;
  switch (operator) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    default: return undefined;
  }
}

function callOperand(call: FuncCall, scope: Scope, reading: Reading): Operand {
  const args = (call.args ?? []).map((arg) => operand(arg, scope, reading));
  if (args.every((arg) => arg.kind === 'fixed')) return unknownFixed;
  const columns = args.filter((arg) => arg.kind !== 'fixed');
  const names = strings(call.funcname);
  const [column] = columns;
  const known = picking.has(names[names.length - 1] ?? '') && (names.length === 1 || names[0] === 'pg_catalog');
  return known && columns.length === 1 && (column?.kind === 'column' || column?.kind === 'of-column') ? { kind: 'of-column', entry: column.entry } : other;
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

