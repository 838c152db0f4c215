import type { Grant, Principal } from '../core/principal.ts';
import type { Target } from '../core/target.ts';
import { ancestry, nodeKey, type Node } from './ancestry.ts';
import type { QuestionVerb } from './question.ts';

const namedBy = new WeakMap<Grant, ReadonlySet<string>>();

/**
 * Where a grant holds on to a resource: the innermost of the resource's ancestry that the grant names, or the target when the grant names
 * none. Undefined when the grant is of another target, or reaches none of it.
 */
export function attachment(grant: Grant, nodes: readonly Node[], target: Target, database: string | undefined): Node | undefined {
  if (grant.target !== target.name) return undefined;
  if (grant.resources.length === 0) return nodes.find((node) => node.type === 'Target');
  let named = namedBy.get(grant);
  if (named === undefined) {
    // What names a resource itself is its path and the target's name, which is the grant's own here; the database only says what contains it.
    named = new Set(grant.resources.flatMap((ref) => ancestry(ref, target, database).slice(0, 1).map(nodeKey)));
    namedBy.set(grant, named);
  }
  const reached = named;
  return nodes.find((node) => reached.has(nodeKey(node)));
}

/** Positions of the principal's grants that reach a resource with that verb, expired ones too. */
export function covering(principal: Principal, verb: QuestionVerb, nodes: readonly Node[], target: Target, database: string | undefined): readonly number[] {
  const found: number[] = [];
  for (const [index, grant] of principal.grants.entries()) {
    if (verb !== 'none' && grant.verbs.includes(verb) && attachment(grant, nodes, target, database) !== undefined) found.push(index);
  }
  return found;
}
