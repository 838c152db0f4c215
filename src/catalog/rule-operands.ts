import type { Allowed, End, Scale } from './allowed.ts';
import { domainValueTag, handingOn, isNode, listed, nodeIn, nodesIn, textIn, type Tree, type TreeNode } from './node-tree.ts';

/** What operators are called, by their oids as the trees write them. */
export type Operators = ReadonlyMap<string, string>;

/** What a rule speaks of: a column (of a domain, its value), or through what it does so. */
export interface Subject { readonly column: number; /** Empty: of the column itself, or of what differs where it does. */ readonly through: string }

export const subjectKey = {
  of: ({ column, through }: Subject): string => `${column} ${through}`,
  read: (key: string): Subject => ({ column: Number.parseInt(key), through: key.slice(key.indexOf(' ') + 1) }),
};

/** Operators under which different values stay different. */
const keeping: ReadonlySet<string> = new Set(['+', '-', '*', '||']);
/** oids of date, time and timetz (src/include/catalog/pg_type.dat): a cast to one of them cuts. */
const cutting: ReadonlySet<string> = new Set(['1082', '1083', '1266']);
/** CoercionForm (src/include/nodes/primnodes.h): written as a call. */
const asCall = '0';

/** Undefined where it is about no column, or about several. */
export function subjectOf(node: TreeNode, operators: Operators): Subject | undefined {
  // A value that goes through its text stays apart from others, as one that is handed on does.
  if (handingOn.has(node.tag) || node.tag === 'COERCEVIAIO') {
    const inner = nodeIn(node, 'arg');
    return inner === undefined ? undefined : subjectOf(inner, operators);
  }
  switch (node.tag) {
    case 'VAR': return Number(textIn(node, 'varattno')) > 0 && textIn(node, 'varlevelsup') === '0' ? { column: Number(textIn(node, 'varattno')), through: '' } : undefined;
    case domainValueTag: return { column: 0, through: '' };
    case 'COALESCEEXPR': case 'FUNCEXPR': case 'OPEXPR': {
      const [arg, ...others] = nodesIn(node, 'args').filter((one) => constantOf(one) === undefined);
      const inner = arg === undefined || others.length > 0 ? undefined : subjectOf(arg, operators);
      const keeps = node.tag === 'FUNCEXPR' ? textIn(node, 'funcformat') !== asCall && !cutting.has(textIn(node, 'funcresulttype')) : node.tag === 'COALESCEEXPR' || keeping.has(operators.get(textIn(node, 'opno')) ?? '');
      return inner !== undefined && keeps ? inner : throughOf(node);
    }
    default: return throughOf(node);
  }
}

function throughOf(node: TreeNode): Subject | undefined {
  const [column, ...others] = variablesOf(node);
  return column === undefined || column < 0 || others.length > 0 ? undefined : { column, through: printed(node) };
}

/** Where in a text, and how a variable was written, is no part of what it means. */
const passing = /location|nosyn$/;

/** The same for what means the same. */
export function printed(tree: Tree): string {
  if (typeof tree === 'string') return tree;
  if (!isNode(tree)) return `(${tree.map(printed).join(' ')})`;
  return `{${tree.tag} ${[...tree.fields].filter(([name]) => !passing.test(name)).map(([, value]) => printed(value)).join(' ')}}`;
}

/** Columns in it, and the value of a domain; the whole row is none of them. */
export function variablesOf(tree: Tree, found = new Set<number>()): ReadonlySet<number> {
  if (!isNode(tree)) for (const part of listed(tree)) variablesOf(part, found);
  else if (tree.tag === 'VAR') found.add(Number(textIn(tree, 'varattno')) || -1);
  else if (tree.tag === domainValueTag) found.add(0);
  else for (const part of tree.fields.values()) variablesOf(part, found);
  return found;
}

/** What tells it from other values; undefined: it is none that is the same for all rows, or NULL. */
export function constantOf(node: TreeNode): string | undefined {
  if (node.tag === 'CONST') return textIn(node, 'constisnull') === 'true' ? undefined : bytesOf(node).join(' ');
  if (handingOn.has(node.tag)) {
    const inner = nodeIn(node, 'arg');
    return inner === undefined ? undefined : constantOf(inner);
  }
  return variablesOf(node).size > 0 || isPassing(node) ? undefined : printed(node);
}

/** `current_user`, `current_date` */
function isPassing(tree: Tree): boolean {
  if (!isNode(tree)) return listed(tree).some(isPassing);
  return tree.tag === 'SQLVALUEFUNCTION' || [...tree.fields.values()].some(isPassing);
}

/** Of a constant, as signed numbers: `5 [ 20 0 0 0 120 ]`. */
export function bytesOf(node: TreeNode): readonly number[] {
  const [, , ...words] = textIn(node, 'constvalue').split(' ');
  return words.slice(0, -1).map(Number);
}

/** oids of types (src/include/catalog/pg_type.dat) whose values are numbers: int8, int2, int4; date; timestamp, timestamptz. */
const scales: { readonly [type: string]: Scale | undefined } = { 20: 'whole', 21: 'whole', 23: 'whole', 1082: 'days', 1114: 'moments', 1184: 'moments' };
const datumBytes = 8;

/** An end that is a constant. One that does not belong to what it ends is one further in, or else its own kind of end. */
export function endOf(node: TreeNode, step: 1n | -1n | 0n): End {
  const bytes = bytesOf(node);
  const id = bytes.join(' ');
  const scale = scales[textIn(node, 'consttype')];
  if (scale === undefined || bytes.length !== datumBytes) return { id: step === 0n ? id : `${id} and not itself` };
  // As the machine has it in memory: on one that begins with the high byte only equal values are seen to be equal.
  const at = Buffer.from(bytes.map((byte) => byte & 0xff)).readBigInt64LE() + (scale === 'moments' ? 0n : step);
  return { id: `${at}`, at, scale };
}

/** `value` is what tells the constant from others. */
export function allowedBy(operator: string, value: string, node: TreeNode): Allowed {
  switch (operator) {
    case '=': {
      const end = node.tag === 'CONST' ? endOf(node, 0n) : { id: value };
      return { values: new Set([value]), low: end, high: end };
    }
    case '<': return { high: endOf(node, -1n) };
    case '>': return { low: endOf(node, 1n) };
    case '<=': return { high: endOf(node, 0n) };
    case '>=': return { low: endOf(node, 0n) };
    default: return {};
  }
}
