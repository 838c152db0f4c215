import type { A_Expr, FuncCall, Node, RowExpr, SubLink, TypeName } from '@pgsql/types';
import { basicType } from './basic-type.ts';
import { closedRanges, contains, isCoarse, isCollated, isSweep, literalLength, mayLink } from './bounding.ts';
import { constantOf } from './constant.ts';
import { givesFew, listsOfRows, namesEach, namesValues } from './named-values.ts';
import { operand, operatorOf, type Operand } from './operand.ts';
import { as, listItems, strings } from './parser/grammar.ts';
import { meansOwn } from './operators.ts';
import type { Reading } from './reading.ts';
import type { How, Origin, RangeEntry, Scope } from './scope.ts';
import { isMade } from './shown.ts';
import { singleIn } from './single.ts';

/** A condition that picks rows of one entry. */
export interface Limit {
  readonly kind: 'limits';
  readonly entry: RangeEntry;
  readonly how: How;
  /** The one column that is compared; with OR between, one of these. */
  readonly columns: readonly string[];
  /** It may hold of a row that an outer join has filled with NULL. */
  readonly ofNull?: boolean;
  /** Every row has that value by construction: it only counts as part of a key. */
  readonly idle?: boolean;
}

/** Two columns that are equal. */
export interface Link { readonly kind: 'link'; readonly left: Origin; readonly right: Origin }

/** What a condition proves. */
export type Proof = { readonly kind: 'constant'; readonly value: boolean } | Limit | Link | { readonly kind: 'nothing' };

const nothing = { kind: 'nothing' } as const;

const inequalities = new Set(['<', '>', '<=', '>=']);
function sameColumn(left: Operand, right: Operand): boolean {
  return left.kind === 'column' && right.kind === 'column' && left.entry === right.entry && left.column === right.column;
}

/** The value of a comparison of two literals; undefined when it is not plain. */
function compare(operator: string, left: Operand, right: Operand): boolean | undefined {
  if (left.kind !== 'fixed' || right.kind !== 'fixed') return undefined;
  const [a, b] = [left.value, right.value];
  if (a === undefined || b === undefined) return undefined;
  // NULL is as false as false in a WHERE clause.
  if (a === null || b === null) return false;
  if (typeof a !== typeof b || (typeof a === 'number' && !(Number.isSafeInteger(a) && Number.isSafeInteger(b)))) return undefined;
  switch (operator) {
    case '=': return a === b;
    case '<>': return a !== b;
    case '<': return typeof a === 'number' && typeof b === 'number' ? a < b : undefined;
    case '>': return typeof a === 'number' && typeof b === 'number' ? a > b : undefined;
    case '<=': return typeof a === 'number' && typeof b === 'number' ? a <= b : undefined;
    case '>=': return typeof a === 'number' && typeof b === 'number' ? a >= b : undefined;
    default: return undefined;
  }
}

const mirrored: { readonly [operator: string]: string | undefined } = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

/** That the side of a comparison is compared so. */
export function limits(side: Operand, how: How, reading: Reading): Limit | typeof nothing {
  if (side.kind !== 'column' && side.kind !== 'of-column') return nothing;
  const { entry, column } = side;
  if (isCoarse(entry, column, reading) || (reading.collated && isCollated(entry, column, reading))) return nothing;
  const single = isMade(entry) ? undefined : singleIn(entry.info, column, reading);
  if (single === 'column') return side.kind === 'column' && (how === 'equal' || how === 'named') ? { kind: 'limits', entry, how, columns: [column], idle: true } : nothing;
  // What lies between two moments, or begins in some way, is about a function of the column as well.
  if (single === 'function' && (side.kind === 'of-column' || (how !== 'equal' && how !== 'named'))) return nothing;
  return { kind: 'limits', entry, how: side.kind === 'of-column' && (how === 'equal' || how === 'named') ? 'bounded' : how, columns: [column] };
}

/** `(a, b) = (1, 2)` is a comparison of each; `(a, b) > (1, 2)` is one of the first. */
function rowComparison(operator: string, left: RowExpr, right: RowExpr, scope: Scope, reading: Reading): Proof {
  const pairs: Node[] = (left.args ?? []).flatMap((lexpr, i) => {
    const rexpr = right.args?.[i];
    return rexpr === undefined ? [] : [{ A_Expr: { kind: 'AEXPR_OP' as const, name: [{ String: { sval: operator } }], lexpr, rexpr } }];
  });
  if (operator === '=') return conjunction(pairs, scope, reading);
  return inequalities.has(operator) && pairs[0] !== undefined ? prove(pairs[0], scope, reading) : nothing;
}

function comparison(expression: A_Expr, scope: Scope, reading: Reading): Proof {
  const operator = operatorOf(expression);
  const [leftRow, rightRow] = [as(expression.lexpr, 'RowExpr'), as(expression.rexpr, 'RowExpr')];
  if (leftRow !== undefined && rightRow !== undefined) return rowComparison(operator, leftRow, rightRow, scope, reading);
  const left = operand(expression.lexpr, scope, reading);
  const right = operand(expression.rexpr, scope, reading);
  if (left.kind === 'fixed' && right.kind === 'fixed') {
    reading.literalsMatter = true;
    const value = compare(operator, left, right);
    return value === undefined ? nothing : { kind: 'constant', value };
  }
  const [column, fixed, written] = right.kind === 'fixed' ? [left, right, expression.rexpr] : [right, left, expression.lexpr];
  if (fixed.kind === 'fixed') {
    // Of a boolean column every row has one of two values.
    if (operator === '=') return typeof fixed.value === 'boolean' ? nothing : limits(column, isCoarseValue(written, reading) ? 'bounded' : 'equal', reading);
    if (inequalities.has(operator)) return isSweep(right.kind === 'fixed' ? expression : turned(expression), scope, reading) ? limits(column, 'half', reading) : nothing;
    return right.kind === 'fixed' && contains(operator, expression.rexpr, reading) ? limits(column, 'bounded', reading) : nothing;
  }
  // Of each row that is not NULL it holds: all, for all that a gate can know.
  if (sameColumn(left, right) && (operator === '=' || operator === '<=' || operator === '>=')) return { kind: 'constant', value: true };
  if (operator === '=' && left.kind === 'column' && right.kind === 'column' && left.entry !== right.entry && mayLink(left.entry, left.column, reading) && mayLink(right.entry, right.column, reading)) return { kind: 'link', left, right };
  return nothing;
}

/** Types of which one value is equal to several of another: a float to many a `bigint`, a text that ends in spaces to one that does not. */
const coarseTypes = new Set(['float4', 'float8', 'bpchar', 'citext']);
/** The same as `format_type` names them. */
const coarseBases = new Set(['real', 'double precision', 'character']);
const coarseCalls = new Set([...coarseTypes, 'power', 'pow', 'dpow', 'exp', 'dexp', 'sqrt', 'dsqrt', 'cbrt', 'dcbrt']);
const coarseOperators = new Set(['^', '|/', '||/']);

/** Whether the value may be of such a type, or of one of somebody's own. */
function isCoarseValue(node: unknown, reading: Reading): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return Object.entries(node).some(([key, child]) => {
    // The key tells the kind.
    if (key === 'typeName' && isCoarseType(child as TypeName, reading)) return true;
    if (key === 'FuncCall' && coarseCalls.has(strings((child as FuncCall).funcname).at(-1) ?? '')) return true;
    if (key === 'A_Expr' && coarseOperators.has(strings((child as A_Expr).name).at(-1) ?? '')) return true;
    return isCoarseValue(child, reading);
  });
}

function isCoarseType({ names }: TypeName, reading: Reading): boolean {
  const [name = '', schema] = strings(names).toReversed();
  if (coarseTypes.has(name)) return true;
  const own = schema === 'pg_catalog' ? undefined : reading.catalog.typeNamed({ schema, name }, reading.searchPath);
  const basic = own === undefined ? undefined : basicType(own.written, reading);
  return basic !== undefined && (coarseBases.has(basic) || reading.catalog.typeWritten(basic) !== undefined);
}

/** `5 > a` is `a < 5`. */
function turned({ lexpr, rexpr, ...expression }: A_Expr): A_Expr {
  const operator = operatorOf(expression);
  const turn = { ...expression, name: [{ String: { sval: mirrored[operator] ?? operator } }] };
  return { ...turn, ...rexpr === undefined ? {} : { lexpr: rexpr }, ...lexpr === undefined ? {} : { rexpr: lexpr } };
}

/** A literal, and what `||` makes of several, unless the database has such an operator of its own. */
function joinedText(node: Node | undefined, reading: Reading): string | undefined {
  const value = constantOf(node);
  const joined = as(node, 'A_Expr');
  if (joined === undefined || operatorOf(joined) !== '||') return typeof value === 'string' ? value : undefined;
  if (reading.catalog.operators({ schema: undefined, name: '||' }, reading.searchPath).length > 0) return undefined;
  const [left, right] = [joinedText(joined.lexpr, reading), joinedText(joined.rexpr, reading)];
  return left === undefined || right === undefined ? undefined : left + right;
}

/** Patterns with fewer characters of their own match about everything. */
const tellingLength = 3;

function pattern(expression: A_Expr, scope: Scope, reading: Reading): Proof {
  reading.literalsMatter = true;
  const column = operand(expression.lexpr, scope, reading);
  const value = joinedText(expression.rexpr, reading);
  if (value === undefined || !strings(expression.name)[0]?.startsWith('~~')) return nothing;
  if (/^[%_]*$/.test(value)) return value.includes('%') && !value.includes('_') && column.kind === 'column' ? { kind: 'constant', value: true } : nothing;
  return literalLength(value) < tellingLength ? nothing : limits(column, 'bounded', reading);
}

const between = [{ String: { sval: '>=' } }];

function expressionProof(expression: A_Expr, scope: Scope, reading: Reading): Proof {
  const kind = expression.kind ?? 'AEXPR_NULLIF';
  const right = kind === 'AEXPR_OP' || kind === 'AEXPR_NOT_DISTINCT' ? expression.rexpr : undefined;
  if (meansOwn(kind === 'AEXPR_BETWEEN' ? between : expression.name, expression.lexpr, right, scope, reading)) return nothing;
  switch (kind) {
    case 'AEXPR_OP':
      return comparison(expression, scope, reading);
    case 'AEXPR_OP_ANY': {
      const compared = operand(expression.lexpr, scope, reading);
      return operatorOf(expression) === '=' && namesValues(expression.rexpr, compared, scope, reading) ? limits(compared, 'named', reading) : nothing;
    }
    case 'AEXPR_IN': {
      const items = listItems(expression.rexpr);
      const row = as(expression.lexpr, 'RowExpr');
      const lists = row === undefined || strings(expression.name)[0] !== '=' ? undefined : listsOfRows(row, items);
      if (lists !== undefined) return conjunction(lists, scope, reading);
      const fixed = items.every((item) => operand(item, scope, reading).kind === 'fixed');
      return strings(expression.name)[0] === '=' && fixed && namesEach(items) ? limits(operand(expression.lexpr, scope, reading), 'named', reading) : nothing;
    }
    case 'AEXPR_BETWEEN': {
      const [range] = closedRanges([{ A_Expr: expression }], scope, reading);
      return range === undefined ? nothing : limits({ kind: 'column', ...range }, 'counted', reading);
    }
    case 'AEXPR_NOT_DISTINCT': {
      const other = operand(expression.rexpr, scope, reading);
      // `IS NOT DISTINCT FROM NULL` holds for all rows that an application has not deleted yet.
      if (other.kind !== 'fixed' || typeof other.value === 'boolean' || other.value === null) return nothing;
      const limit = limits(operand(expression.lexpr, scope, reading), 'named', reading);
      return limit.kind === 'limits' && other.value === undefined ? { ...limit, ofNull: true } : limit;
    }
    case 'AEXPR_LIKE': case 'AEXPR_ILIKE':
      return pattern(expression, scope, reading);
    case 'AEXPR_OP_ALL': case 'AEXPR_DISTINCT': case 'AEXPR_NULLIF': case 'AEXPR_SIMILAR': case 'AEXPR_BETWEEN_SYM': case 'AEXPR_NOT_BETWEEN': case 'AEXPR_NOT_BETWEEN_SYM':
      break;
  }
  return nothing;
}

function subLinkProof(link: SubLink, scope: Scope, reading: Reading): Proof {
  const select = as(link.subselect, 'SelectStmt');
  if (link.subLinkType !== 'ANY_SUBLINK' || select === undefined) return nothing;
  const operator = strings(link.operName)[0];
  const column = operand(link.testexpr, scope, reading);
  if ((operator !== undefined && operator !== '=') || column.kind !== 'column' || meansOwn([{ String: { sval: '=' } }], link.testexpr, undefined, scope, reading)) return nothing;
  const few = givesFew(select, column, scope, reading);
  return few === 'no' ? nothing : limits(column, few, reading);
}

function open(how: How): boolean {
  return how === 'half' || how === 'counted';
}

/** What two conditions with OR between say of one entry. `a > 5 OR a <= 5` is everything, and so are counts of rows, if there are enough of them. */
function either(a: Limit, b: Limit): Limit | typeof nothing {
  if (a.entry !== b.entry || (open(a.how) && open(b.how)) || a.idle === true || b.idle === true) return nothing;
  const how = open(a.how) ? a.how : open(b.how) ? b.how : a.how === 'bounded' || b.how === 'bounded' ? 'bounded' : 'named';
  return { kind: 'limits', entry: a.entry, how, columns: [...a.columns, ...b.columns], ...a.ofNull === true || b.ofNull === true ? { ofNull: true } : {} };
}

function disjunction(nodes: readonly Node[], scope: Scope, reading: Reading): Proof {
  const proofs = nodes.map((node) => prove(node, scope, reading));
  const truth = proofs.find((proof) => proof.kind === 'constant' && proof.value);
  if (truth !== undefined) return truth;
  let found: Limit | undefined;
  for (const proof of proofs) {
    if (proof.kind === 'constant') continue;
    if (proof.kind !== 'limits') return nothing;
    const both = found === undefined ? proof : either(found, proof);
    if (both.kind === 'nothing') return nothing;
    found = both;
  }
  return found ?? { kind: 'constant', value: false };
}

/** Of how much use what a condition proves is beside others. */
const strengths: { readonly [H in How]: number } = { equal: 4, named: 3, bounded: 2, counted: 1, half: 0 };

function strengthOf({ how, idle }: Limit): number {
  return idle === true ? -1 : strengths[how];
}

/** Several conditions that all hold prove of one entry what the strongest proves. */
function conjunction(nodes: readonly Node[], scope: Scope, reading: Reading): Proof {
  let best: Proof = { kind: 'constant', value: true };
  for (const node of nodes) {
    const proof = prove(node, scope, reading);
    if (proof.kind === 'constant' && !proof.value) return proof;
    if (proof.kind === 'limits' && (best.kind !== 'limits' || strengthOf(proof) > strengthOf(best))) best = proof;
    else if (proof.kind !== 'constant' && best.kind === 'constant') best = proof;
  }
  if (best.kind === 'limits' && best.how !== 'half' && best.idle !== true) return best;
  const [range] = closedRanges(nodes, scope, reading);
  return range === undefined ? best : limits({ kind: 'column', ...range }, 'counted', reading);
}

export function prove(node: Node, scope: Scope, reading: Reading): Proof {
  reading.enter();
  const proof = proofOf(node, scope, reading);
  reading.leave();
  return proof;
}

function proofOf(node: Node, scope: Scope, reading: Reading): Proof {
  if ('A_Expr' in node) return expressionProof(node.A_Expr, scope, reading);
  if ('BoolExpr' in node) {
    const args = node.BoolExpr.args ?? [];
    if (node.BoolExpr.boolop === 'OR_EXPR') return disjunction(args, scope, reading);
    if (node.BoolExpr.boolop === 'AND_EXPR') return conjunction(args, scope, reading);
    const [inner] = args;
    const proof = inner === undefined ? nothing : prove(inner, scope, reading);
    return proof.kind === 'constant' ? { kind: 'constant', value: !proof.value } : nothing;
  }
  if ('CurrentOfExpr' in node) {
    const [target] = scope.entries;
    return target === undefined ? nothing : { kind: 'limits', entry: target, how: 'bounded', columns: [] };
  }
  if ('SubLink' in node) return subLinkProof(node.SubLink, scope, reading);
  if ('A_Const' in node || 'TypeCast' in node) {
    reading.literalsMatter = true;
    const value = constantOf(node);
    if (typeof value === 'boolean') return { kind: 'constant', value };
    return value === null ? { kind: 'constant', value: false } : nothing;
  }
  return nothing;
}
