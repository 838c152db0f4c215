import type { A_Expr, A_Indirection, ColumnRef, FuncCall } from '@pgsql/types';
import type { FunctionInfo } from '../../core/catalog.ts';
import { givesOneValue, scalarExtensions } from './functions/sets.ts';
import { as, strings } from './parser/grammar.ts';
import { isTree } from './parser/parser.ts';
import type { Reading } from './reading.ts';

function givesOne(fn: FunctionInfo, reading: Reading): boolean {
  if (fn.kind === 'aggregate' || fn.kind === 'window' || (fn.extension !== undefined && scalarExtensions.has(fn.extension))) return true;
  if (fn.result !== undefined) return !fn.result.set;
  const answer = fn.definition === undefined ? undefined : reading.parser.parseKept(fn.definition);
  const made = answer === undefined || !isTree(answer) ? undefined : as(answer.stmts?.[0]?.stmt, 'CreateFunctionStmt');
  return made !== undefined && made.returnType?.setof !== true;
}

function ownNamed(parts: readonly string[], reading: Reading): readonly FunctionInfo[] {
  const path = reading.searchPath;
  return reading.catalog.functions({ schema: parts.at(-2), name: parts.at(-1) ?? '' }, path === 'unknown' ? [] : path);
}

function callMultiplies(call: FuncCall, reading: Reading): boolean {
  const parts = strings(call.funcname);
  const own = ownNamed(parts, reading);
  const builtin = (parts.length === 1 || parts.at(-2) === 'pg_catalog') && givesOneValue(parts.at(-1) ?? '');
  return (!builtin && own.length === 0) || !own.every((fn) => givesOne(fn, reading));
}

/** `t.f` and `(t).f` may be how f is called. */
function notationMultiplies(name: string | undefined, reading: Reading): boolean {
  return name !== undefined && !ownNamed([name], reading).every((fn) => givesOne(fn, reading));
}

/** Whether an expression in a target list may give any number of rows for one: `SELECT generate_series(1, 1000000)`. */
export function mayMultiply(node: unknown, reading: Reading): boolean {
  if (typeof node !== 'object' || node === null) return false;
  for (const [key, child] of Object.entries(node)) {
    // A sub-query in a target list gives one value.
    if (key === 'SubLink') continue;
    // The key tells the kind.
    if (key === 'FuncCall' && callMultiplies(child as FuncCall, reading)) return true;
    if (key === 'A_Expr' && operatorMultiplies(child as A_Expr, reading)) return true;
    if (key === 'ColumnRef' && ((child as ColumnRef).fields?.length ?? 0) > 1 && notationMultiplies(strings((child as ColumnRef).fields).at(-1), reading)) return true;
    if (key === 'A_Indirection' && notationMultiplies(strings((child as A_Indirection).indirection).at(-1), reading)) return true;
    if (mayMultiply(child, reading)) return true;
  }
  return false;
}

function operatorMultiplies({ name }: A_Expr, reading: Reading): boolean {
  const parts = strings(name);
  return reading.catalog.operators({ schema: parts.at(-2), name: parts.at(-1) ?? '' }, reading.searchPath)
    .some(({ calls }) => !calls.functions.every((oid) => {
      const fn = reading.catalog.functionByOid(oid);
      // Those of extensions compute.
      return fn !== undefined && (fn.extension !== undefined || givesOne(fn, reading));
    }));
}
