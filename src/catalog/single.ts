import { createHash } from 'node:crypto';
import type { SingleValue } from '../core/catalog.ts';
import { type Allowed, either, every, isNarrow, noRules, onlyValue, type Rules } from './allowed.ts';
import { domainValueTag, handingOn, isNode, nodeIn, nodesIn, readTree, textIn, type TreeNode } from './node-tree.ts';
import { partitionRules } from './partition-bound.ts';
import { allowedBy, bytesOf, constantOf, type Operators, printed, subjectKey, subjectOf, variablesOf } from './rule-operands.ts';
import type { RuleRow } from './single-rows.ts';
import { inTurns } from './turns.ts';

/** Of relations, by oid, what their columns may be, by number. */
export async function singleValues(rows: readonly RuleRow[], operators: Operators): Promise<ReadonlyMap<number, ReadonlyMap<number, SingleValue>>> {
  const rulesBy = new Map<number, Rules[]>();
  const tiesBy = new Map<number, Tie[]>();
  // Where each customer has tables of their own, the same stands there thousands of times.
  const known = new Map<string, Said>();
  await inTurns(rows, ([owner, kind, column, text, key]) => {
    const form = `${kind} ${column} ${text}`;
    const { rules, ties } = kind === 'bound' ? saidBy(kind, column, text, key, operators) : known.get(form) ?? saidBy(kind, column, text, key, operators);
    if (kind !== 'bound') known.set(form, { rules, ties });
    if (rules.size > 0) rulesBy.set(owner, [...rulesBy.get(owner) ?? [], rules]);
    if (ties.length > 0) tiesBy.set(owner, [...tiesBy.get(owner) ?? [], ...ties]);
  });
  const owners = [...new Set([...rulesBy.keys(), ...tiesBy.keys()])];
  return new Map(await inTurns(owners, (owner) => [owner, singleOf(every(rulesBy.get(owner) ?? []), tiesBy.get(owner) ?? [])] as const));
}

interface Said { readonly rules: Rules; readonly ties: readonly Tie[] }

function saidBy(kind: RuleRow[1], column: number, text: string, key: RuleRow[4], operators: Operators): Said {
  const tree = readTree(text);
  const ties: Tie[] = [];
  if (!isNode(tree)) return { rules: noRules, ties };
  if (kind === 'generated') ties.push(tieOf(column, tree));
  return { rules: kind === 'check' ? rulesOf(tree, true, operators, ties) : kind === 'bound' && key !== null ? partitionRules(tree, key, operators) : noRules, ties };
}

/** Of a domain, whose value its checks speak of. */
export function singleOfDomain(checks: readonly string[], operators: Operators): SingleValue | undefined {
  const rules = checks.map((text) => {
    const tree = readTree(text);
    return isNode(tree) ? rulesOf(tree, true, operators, []) : noRules;
  });
  return singleOf(every(rules), []).get(domainValue);
}

/** In the place of a column's number. */
export const domainValue = 0;

/** A column is what these others make it. */
interface Tie { readonly column: number; readonly from: readonly number[]; readonly value: string }

function tieOf(column: number, tree: TreeNode): Tie {
  return { column, from: [...variablesOf(tree)], value: constantOf(tree) ?? printed(tree) };
}

function singleOf(rules: Rules, ties: readonly Tie[]): ReadonlyMap<number, SingleValue> {
  const found = new Map<number, SingleValue>();
  for (const [key, allowed] of rules) {
    const { column, through } = subjectKey.read(key);
    const value = onlyValue(allowed);
    const before = found.get(column);
    if (through === '' && value !== undefined) found.set(column, { of: 'column', value: short(value) });
    else if (before?.of !== 'column' && (value !== undefined || (through === '' && isNarrow(allowed)))) {
      const which = value ?? `${allowed.low?.id} ${allowed.high?.id}`;
      found.set(column, { of: 'function', value: short(`${before?.value ?? ''} ${through} ${which}`) });
    }
  }
  // Each may be what the next one needs.
  for (let round = 0; round < ties.length; round++) {
    for (const { column, from, value } of ties) {
      const others = from.map((one) => found.get(one));
      if (found.get(column)?.of !== 'column' && others.every((other) => other?.of === 'column')) found.set(column, { of: 'column', value: short([value, ...others.map((other) => other?.value)].join(' ')) });
    }
  }
  return found;
}

const longest = 64;

function short(value: string): string {
  return value.length <= longest ? value : createHash('sha256').update(value).digest('hex');
}

/** What it says of columns that a condition is not false, or not true where `holds` is false. */
function rulesOf(tree: TreeNode, holds: boolean, operators: Operators, ties: Tie[]): Rules {
  const arg = nodeIn(tree, 'arg');
  if (handingOn.has(tree.tag)) return arg === undefined ? noRules : rulesOf(arg, holds, operators, ties);
  switch (tree.tag) {
    case 'BOOLEXPR': {
      const args = nodesIn(tree, 'args');
      const how = textIn(tree, 'boolop');
      if (how === 'not') return args[0] === undefined ? noRules : rulesOf(args[0], !holds, operators, ties);
      const all = (how === 'and') === holds;
      // What holds in one case only ties nothing.
      const parts = args.map((part) => rulesOf(part, holds, operators, all ? ties : []));
      return all ? every(parts) : either(parts);
    }
    case 'BOOLEANTEST': {
      // src/include/nodes/primnodes.h, BoolTestType: IS TRUE, IS NOT TRUE, IS FALSE, IS NOT FALSE
      const test = textIn(tree, 'booltesttype');
      if (arg === undefined || !['0', '1', '2', '3'].includes(test)) return noRules;
      return rulesOf(arg, (test === '0' || test === '3') === holds, operators, ties);
    }
    case 'NULLTEST': {
      const isNull = textIn(tree, 'nulltesttype') === '0';
      return isNull === holds ? about(arg, { values: new Set() }, operators) : noRules;
    }
    case 'OPEXPR': case 'DISTINCTEXPR': {
      const [left, right] = nodesIn(tree, 'args');
      const called = operators.get(textIn(tree, 'opno'));
      if (left === undefined || right === undefined || called === undefined) return noRules;
      const name = tree.tag === 'DISTINCTEXPR' ? '<>' : called;
      const meant = holds ? name : opposite[name];
      return meant === undefined ? noRules : compared(left, meant, right, operators, ties);
    }
    case 'SCALARARRAYOPEXPR': return listedIn(tree, holds, operators);
    case 'VAR': case domainValueTag: return about(tree, { values: new Set([String(holds)]) }, operators);
    default: return noRules;
  }
}

const opposite: { readonly [operator: string]: string | undefined } = { '=': '<>', '<>': '=', '<': '>=', '>': '<=', '<=': '>', '>=': '<' };
const mirrored: { readonly [operator: string]: string | undefined } = { '=': '=', '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

function about(node: TreeNode | undefined, allowed: Allowed, operators: Operators): Rules {
  const subject = node === undefined ? undefined : subjectOf(node, operators);
  return subject === undefined ? noRules : new Map([[subjectKey.of(subject), allowed]]);
}

function compared(left: TreeNode, operator: string, right: TreeNode, operators: Operators, ties: Tie[]): Rules {
  const sides: [TreeNode, TreeNode, string | undefined][] = [[left, right, operator], [right, left, mirrored[operator]]];
  for (const [side, other, meant] of sides) {
    const value = constantOf(other);
    if (value !== undefined && meant !== undefined) return about(side, allowedBy(meant, value, other), operators);
  }
  if (operator === '=') {
    for (const [side, other] of sides) {
      const subject = subjectOf(side, operators);
      const tie = subject?.through === '' ? tieOf(subject.column, other) : undefined;
      // What speaks of no column and is no constant is NULL, or another value each time.
      if (tie !== undefined && tie.from.length > 0) ties.push(tie);
    }
  }
  return noRules;
}

/** `a = ANY (...)`, `a <> ALL (...)`; `IN` is one of them. A NULL among the values lets all pass. */
function listedIn(tree: TreeNode, holds: boolean, operators: Operators): Rules {
  const [side, list] = nodesIn(tree, 'args');
  const name = operators.get(textIn(tree, 'opno'));
  const any = (textIn(tree, 'useOr') === 'true') === holds;
  if (side === undefined || list === undefined || (holds ? name : opposite[name ?? '']) !== '=') return noRules;
  const values = elementsOf(list);
  if (values === undefined) return noRules;
  return either((any ? values : values.slice(0, 1)).map((allowed) => about(side, allowed, operators)));
}

function elementsOf(list: TreeNode): readonly Allowed[] | undefined {
  const inner = nodeIn(list, 'arg');
  if (inner !== undefined) return elementsOf(inner);
  if (list.tag === 'ARRAYEXPR') {
    const elements = nodesIn(list, 'elements').map((node) => [node, constantOf(node)] as const);
    return elements.every(([, value]) => value !== undefined) ? elements.map(([node, value = '']) => allowedBy('=', value, node)) : undefined;
  }
  if (list.tag !== 'CONST' || textIn(list, 'constisnull') === 'true') return undefined;
  return arrayElements(bytesOf(list)).map((value) => ({ values: new Set([value]) }));
}

/** Bytes of the head of an array of one dimension. */
const firstElement = 24;

/** An array is written so (src/include/utils/array.h): its length, dimensions, where data begin if there are NULLs, the type, then the length and lower bound of each dimension. */
function arrayElements(bytes: readonly number[]): readonly string[] {
  const word = (at: number): number => Buffer.from(bytes.slice(at, at + 4).map((byte) => byte & 0xff)).readInt32LE();
  // Of several dimensions, or with NULL among the values, it is not looked into.
  if (bytes.length < firstElement || word(4) !== 1 || word(8) !== 0) return ['some', 'others'];
  const count = word(16);
  const data = bytes.slice(firstElement);
  if (count <= 1) return [data.join(' ')];
  const each = data.length / count;
  return Array.from({ length: count }, (_, i) => Number.isInteger(each) ? data.slice(i * each, (i + 1) * each).join(' ') : String(i));
}
