import type { A_Expr, Node, PartitionBoundSpec } from '@pgsql/types';
import { constantOf } from '../constant.ts';
import { as, listItems, strings } from '../parser/grammar.ts';

const belowOrAbove: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);

/** Columns to which a check that comes new may leave one value, and any that cannot be told. What the catalog makes of it is worked out by the server's tree (src/catalog/single.ts). */
export function columnsFixed(check: Node | undefined): ReadonlySet<string> {
  const fixed = new Set<string>();
  const ends = new Map<string, Set<string>>();
  collect(check, fixed, ends);
  for (const [column, sides] of ends) if (sides.size > 1) fixed.add(column);
  return fixed;
}

function collect(node: Node | undefined, fixed: Set<string>, ends: Map<string, Set<string>>): void {
  if (node === undefined) return;
  if ('BoolExpr' in node && node.BoolExpr.boolop !== 'NOT_EXPR') {
    for (const part of node.BoolExpr.args ?? []) collect(part, fixed, ends);
    return;
  }
  if ('NullTest' in node && node.NullTest.nulltesttype === 'IS_NOT_NULL') return;
  if ('A_Expr' in node && leavesMany(node.A_Expr)) {
    const operator = strings(node.A_Expr.name).at(-1) ?? '';
    if (!belowOrAbove.has(operator)) return;
    for (const column of columnsOf(node)) {
      const sides = ends.get(column) ?? new Set();
      // Of `5 < a` and `a > 5` only that they are two conditions matters.
      ends.set(column, sides.add(JSON.stringify(node.A_Expr.rexpr) + operator));
    }
    return;
  }
  for (const column of columnsOf(node)) fixed.add(column);
}

/** By itself it leaves more than one value. */
function leavesMany({ kind, name, rexpr }: A_Expr): boolean {
  const operator = strings(name).at(-1) ?? '';
  switch (kind) {
    case 'AEXPR_OP': return belowOrAbove.has(operator) || ['<>', '~', '~*', '!~', '!~*'].includes(operator);
    case 'AEXPR_LIKE': case 'AEXPR_ILIKE': case 'AEXPR_SIMILAR': case 'AEXPR_DISTINCT': return true;
    case 'AEXPR_IN': return operator === '<>' || differ(listItems(rexpr));
    case 'AEXPR_OP_ANY': return operator === '=' && differ(as(rexpr, 'A_ArrayExpr')?.elements ?? []);
    case 'AEXPR_BETWEEN': return differ(listItems(rexpr));
    case 'AEXPR_NOT_BETWEEN': case 'AEXPR_NOT_BETWEEN_SYM': return true;
    case 'AEXPR_BETWEEN_SYM': case 'AEXPR_OP_ALL': case 'AEXPR_NOT_DISTINCT': case 'AEXPR_NULLIF': case undefined: break;
  }
  return false;
}

function differ(items: readonly Node[]): boolean {
  const values = items.map(constantOf);
  return values.every((value) => value !== undefined && value !== null) && new Set(values).size > 1;
}

function columnsOf(node: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof node !== 'object' || node === null) return found;
  for (const [key, child] of Object.entries(node)) {
    if (key === 'ColumnRef') found.add(strings((child as { fields?: Node[] }).fields).at(-1) ?? ''); // the key tells the kind
    else columnsOf(child, found);
  }
  return found;
}

/** Whether a partition with this bound may have one value in its key, or days or moments of one month. */
export function isFixing(bound: PartitionBoundSpec | undefined): boolean {
  if (bound === undefined || bound.is_default === true) return false;
  return bound.strategy === 'r' || (bound.strategy === 'l' && !differ((bound.listdatums ?? []).filter((value) => constantOf(value) !== null)));
}
