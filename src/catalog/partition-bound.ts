import { type Allowed, every, noRules, type Rules } from './allowed.ts';
import { isNode, listed, nodeIn, nodesIn, readTree, textIn, type TreeNode } from './node-tree.ts';
import { constantOf, endOf, type Operators, type Subject, subjectKey, subjectOf } from './rule-operands.ts';
import type { RuleRow } from './single-rows.ts';

type Key = Exclude<RuleRow[4], null>;

/** PartitionRangeDatumKind (src/include/nodes/parsenodes.h) */
const least = '-1';
const given = '0';
const greatest = '1';

/** What the rows of a partition have in its parent's key. */
export function partitionRules(bound: TreeNode, key: Key, operators: Operators): Rules {
  const subjects = subjectsOf(key, operators);
  // Of the rest, and by a hash, any value may be in it.
  if (textIn(bound, 'is_default') === 'true') return noRules;
  switch (textIn(bound, 'strategy')) {
    case 'l': return about(subjects[0], { values: new Set(nodesIn(bound, 'listdatums').flatMap((value) => constantOf(value) ?? [])) });
    case 'r': return rangeRules(nodesIn(bound, 'lowerdatums'), nodesIn(bound, 'upperdatums'), subjects);
    default: return noRules;
  }
}

/** What each part of the key is. */
function subjectsOf([columns, text, names]: Key, operators: Operators): readonly (Subject | undefined)[] {
  const expressions = listed(readTree(text)).filter(isNode);
  const own = new Map(names);
  return columns.map((column) => {
    if (column > 0) return { column, through: '' };
    const [expression] = expressions.splice(0, 1);
    const subject = expression === undefined ? undefined : subjectOf(expression, operators);
    const number = subject === undefined ? undefined : own.get(subject.column);
    return subject === undefined || number === undefined ? undefined : { column: number, through: subject.through };
  });
}

function about(subject: Subject | undefined, allowed: Allowed): Rules {
  return subject === undefined ? noRules : new Map([[subjectKey.of(subject), allowed]]);
}

/**
 * From the first row of values, which belongs to it, to the second, which does not, as rows are compared: so a part of the key is limited as long as
 * those before it have one value.
 */
function rangeRules(lower: readonly TreeNode[], upper: readonly TreeNode[], subjects: readonly (Subject | undefined)[]): Rules {
  const rules: Rules[] = [];
  for (const [place, low] of lower.entries()) {
    const high = upper[place];
    if (high === undefined) break;
    // `(1, MAXVALUE)` is beyond all of 1, `(2, MINVALUE)` before all of 2.
    const [above, below] = [kindAt(lower, place + 1) === greatest, place === upper.length - 1 || kindAt(upper, place + 1) === least];
    const [from, to] = [valueOf(low), valueOf(high)];
    rules.push(about(subjects[place], { ...from === undefined ? {} : { low: endOf(from, above ? 1n : 0n) }, ...to === undefined ? {} : { high: endOf(to, below ? -1n : 0n) } }));
    if (from === undefined || to === undefined || constantOf(from) !== constantOf(to)) break;
  }
  return every(rules);
}

function kindAt(datums: readonly TreeNode[], place: number): string | undefined {
  const datum = datums[place];
  return datum === undefined ? undefined : textIn(datum, 'kind');
}

function valueOf(datum: TreeNode): TreeNode | undefined {
  return textIn(datum, 'kind') === given ? nodeIn(datum, 'value') : undefined;
}
