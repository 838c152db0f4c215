import { kindOf } from './grammar.ts';
import type { Node } from '@pgsql/types';

/** Values that do nothing: a bulk INSERT or a long IN list is made of them. */
function inert(node: Node): boolean {
  const kind = kindOf(node);
  if (kind === 'A_Const' || kind === 'ParamRef' || kind === 'SetToDefault') return true;
  return kind === 'List' && 'List' in node && (node.List.items ?? []).every(inert);
}

/** Longer runs of inert values are cut to this; what is left shows that there were several. */
const keep = 4;
/** Rows of VALUES, IN lists, arrays; never a call's arguments, whose number tells functions apart. */
const cuttable = new Set(['items', 'valuesLists', 'elements']);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/**
 * Cuts long lists of constants out of a tree, in place, so that what a worker sends back is small. Sound because a constant has no
 * effect; where the number of values matters (nowhere in effects) at least `keep` stay.
 */
export function compact(value: unknown): void {
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!isObject(next)) continue;
    for (const [key, child] of Object.entries(next)) {
      if (cuttable.has(key) && Array.isArray(child) && child.length > keep && child.every((item) => isObject(item) && inert(item as Node))) child.length = keep; // an object in a tree's list is a node
      if (isObject(child)) open.push(child);
    }
  }
}
