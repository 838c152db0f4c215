import type { A_Expr, Node, RowExpr, SubLink } from '@pgsql/types';
import type { Extent } from '../../core/effect.ts';
import { closedRanges, contains, isCoarse, isSweep, literalLength, mayLink, tellsRowsApart } from './bounding.ts';
import { constantOf } from './constant.ts';
import type { JoinCondition } from './joins.ts';
import { givesFew, listsOfRows, namesEach, namesValues } from './named-values.ts';
import { operand, operatorOf, type Operand } from './operand.ts';
import { as, listItems, strings } from './parser/grammar.ts';
import { isBounded, type Reading } from './reading.ts';
import type { RangeEntry, Scope } from './scope.ts';

/** What a condition proves. `half`: an inequality, of which two with OR between may cover everything. */
type Proof =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'limits'; readonly entry: RangeEntry; readonly how: 'equal' | 'bounded' | 'half'; readonly column: string | undefined }
  | { readonly kind: 'link'; readonly left: { readonly entry: RangeEntry; readonly column: string }; readonly right: { readonly entry: RangeEntry; readonly column: string } }
  | { readonly kind: 'nothing' };

const nothing: Proof = { kind: 'nothing' };

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

function limits(side: Operand, how: 'equal' | 'bounded' | 'half'): Proof {
  if (side.kind === 'column' && isCoarse(side.entry, side.column)) return nothing;
  if (side.kind === 'column') return { kind: 'limits', entry: side.entry, how, column: side.column };
  return side.kind === 'of-column' ? { kind: 'limits', entry: side.entry, how: how === 'equal' ? 'bounded' : how, column: undefined } : nothing;
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
  const [column, fixed] = right.kind === 'fixed' ? [left, right] : [right, left];
  if (fixed.kind === 'fixed') {
    // Of a boolean column every row has one of two values.
    if (operator === '=') return typeof fixed.value === 'boolean' ? nothing : limits(column, 'equal');
    if (inequalities.has(operator)) return isSweep(right.kind === 'fixed' ? expression : turned(expression), scope, reading) ? limits(column, 'half') : nothing;
    return right.kind === 'fixed' && contains(operator, expression.rexpr, reading) ? limits(column, 'bounded') : nothing;
  }
  // Of each row that is not NULL it holds: all, for all that a gate can know.
  if (sameColumn(left, right) && (operator === '=' || operator === '<=' || operator === '>=')) return { kind: 'constant', value: true };
  if (operator === '=' && left.kind === 'column' && right.kind === 'column' && left.entry !== right.entry && mayLink(left.entry, left.column) && mayLink(right.entry, right.column)) return { kind: 'link', left, right };
  return nothing;
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
  return literalLength(value) < tellingLength ? nothing : limits(column, 'bounded');
}

function expressionProof(expression: A_Expr, scope: Scope, reading: Reading): Proof {
  const kind = expression.kind ?? 'AEXPR_NULLIF';
  switch (kind) {
    case 'AEXPR_OP':
      return comparison(expression, scope, reading);
    case 'AEXPR_OP_ANY': {
      const compared = operand(expression.lexpr, scope, reading);
      return operatorOf(expression) === '=' && namesValues(expression.rexpr, compared, scope, reading) ? limits(compared, 'bounded') : nothing;
    }
    case 'AEXPR_IN': {
      const items = listItems(expression.rexpr);
      const row = as(expression.lexpr, 'RowExpr');
      const lists = row === undefined || strings(expression.name)[0] !== '=' ? undefined : listsOfRows(row, items);
      if (lists !== undefined) return conjunction(lists, scope, reading);
      const fixed = items.every((item) => operand(item, scope, reading).kind === 'fixed');
      return strings(expression.name)[0] === '=' && fixed && namesEach(items) ? limits(operand(expression.lexpr, scope, reading), 'bounded') : nothing;
    }
    case 'AEXPR_BETWEEN': {
      const [range] = closedRanges([{ A_Expr: expression }], scope, reading);
      return range === undefined ? nothing : limits({ kind: 'column', ...range }, 'bounded');
    }
    case 'AEXPR_NOT_DISTINCT': {
      const right = operand(expression.rexpr, scope, reading);
      return right.kind === 'fixed' && typeof right.value !== 'boolean' ? limits(operand(expression.lexpr, scope, reading), 'bounded') : nothing;
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
  if ((operator !== undefined && operator !== '=') || column.kind !== 'column') return nothing;
  return givesFew(select, column, scope, reading) ? limits(column, 'bounded') : nothing;
}

function disjunction(nodes: readonly Node[], scope: Scope, reading: Reading): Proof {
  let found: Extract<Proof, { kind: 'limits' }> | undefined;
  let falses = 0;
  const proofs = nodes.map((node) => prove(node, scope, reading));
  const truth = proofs.find((proof) => proof.kind === 'constant' && proof.value);
  if (truth !== undefined) return truth;
  for (const proof of proofs) {
    if (proof.kind === 'constant') {
      falses++;
      continue;
    }
    if (proof.kind !== 'limits' || (found !== undefined && found.entry !== proof.entry)) return nothing;
    // `a > 5 OR a <= 5` is everything.
    if (found !== undefined && found.how === 'half' && proof.how === 'half') return nothing;
    found = { kind: 'limits', entry: proof.entry, how: found === undefined ? proof.how : proof.how === 'half' || found.how === 'half' ? 'half' : 'bounded', column: found === undefined ? proof.column : undefined };
  }
  return found ?? (falses === nodes.length ? { kind: 'constant', value: false } : nothing);
}

/** Several conditions that all hold prove of one entry what the strongest proves. */
function conjunction(nodes: readonly Node[], scope: Scope, reading: Reading): Proof {
  let best: Proof = { kind: 'constant', value: true };
  for (const node of nodes) {
    const proof = prove(node, scope, reading);
    if (proof.kind === 'constant' && !proof.value) return proof;
    if (proof.kind === 'limits' && (best.kind !== 'limits' || best.how === 'half')) best = proof;
    else if (proof.kind !== 'constant' && best.kind === 'constant') best = proof;
  }
  if (best.kind === 'limits' && best.how !== 'half') return best;
  const [range] = closedRanges(nodes, scope, reading);
  return range === undefined ? best : limits({ kind: 'column', ...range }, 'bounded');
}

function prove(node: Node, scope: Scope, reading: Reading): Proof {
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
    return target === undefined ? nothing : { kind: 'limits', entry: target, how: 'bounded', column: undefined };
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

function conjuncts(node: Node, into: Node[]): void {
  const all = as(node, 'BoolExpr');
  if (all?.boolop === 'AND_EXPR') for (const arg of all.args ?? []) conjuncts(arg, into);
  else into.push(node);
}

interface Found { extent: Extent; readonly equal: Set<string> }

/**
 * How much of each entry of a query's FROM its conditions let through (all expressions have been walked before). The answer is for
 * whoever must not be fooled: what is not proven is `unknown`.
 */
export function extentsOf(where: Node | undefined, joins: readonly JoinCondition[], scope: Scope, reading: Reading): ReadonlyMap<RangeEntry, Extent> {
  const found = new Map<RangeEntry, Found>(scope.entries.map((entry) => [entry, { extent: entry.yields, equal: new Set<string>() }]));
  const links: Extract<Proof, { kind: 'link' }>[] = [];
  const learn = (node: Node, limited: readonly RangeEntry[], seen: Scope): void => {
    const proof = prove(node, seen, reading);
    switch (proof.kind) {
      case 'constant':
        if (!proof.value) for (const entry of limited) narrow(found.get(entry), 'bounded');
        break;
      case 'limits':
        for (const entry of limited) if (entry !== proof.entry) narrow(found.get(entry), 'unknown');
        if (limited.includes(proof.entry)) {
          narrow(found.get(proof.entry), 'bounded');
          if (proof.how === 'equal' && proof.column !== undefined) found.get(proof.entry)?.equal.add(proof.column);
        }
        break;
      case 'link':
        if (limited.includes(proof.left.entry) && limited.includes(proof.right.entry)) links.push(proof);
        else if (limited.includes(proof.left.entry)) links.push({ kind: 'link', left: proof.right, right: proof.left });
        else if (limited.includes(proof.right.entry)) links.push(proof);
        for (const entry of limited) narrow(found.get(entry), 'unknown');
        break;
      case 'nothing':
        for (const entry of limited) narrow(found.get(entry), 'unknown');
        break;
    }
  };
  const learnAll = (condition: Node, limited: readonly RangeEntry[], seen: Scope): void => {
    const parts: Node[] = [];
    conjuncts(condition, parts);
    for (const part of parts) learn(part, limited, seen);
    for (const { entry } of closedRanges(parts, seen, reading)) if (limited.includes(entry)) narrow(found.get(entry), 'bounded');
  };
  for (const { quals, limits: limited, scope: seen } of joins) learnAll(quals, limited, seen);
  if (where !== undefined) learnAll(where, scope.entries, scope);
  for (let again = links.length > 0; again;) {
    again = false;
    for (const { left, right } of links) {
      for (const [from, to] of [[left, right], [right, left]] as const) {
        const target = found.get(to.entry);
        if (from.entry.sampled === true && !tellsRowsApart(to.entry, to.column)) continue;
        if (target === undefined || isBounded(target.extent) || !isBounded(found.get(from.entry)?.extent ?? 'unknown')) continue;
        target.extent = 'bounded';
        again = true;
      }
    }
  }
  for (const [entry, state] of found) {
    // A key of a table is none of those that inherit from it.
    if (isBounded(state.extent) && (entry.info?.children.length === 0 || entry.info?.kind === 'partitioned') && entry.info.keys.some((key) => key.length > 0 && key.every((column) => state.equal.has(column)))) state.extent = 'one';
  }
  return new Map([...found].map(([entry, { extent }]) => [entry, extent]));
}

function narrow(state: Found | undefined, to: Extent): void {
  if (state === undefined || isBounded(state.extent)) return;
  state.extent = to;
}
