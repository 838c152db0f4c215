import type { Grant, Principal } from '../core/principal.ts';
import type { EntityRef } from '../core/resource.ts';
import type { Target } from '../core/target.ts';
import { ancestry, nodeKey, type Node } from './ancestry.ts';
import { namedResource } from './named.ts';
import type { QuestionVerb } from './question.ts';
import { anyName } from './reach.ts';

/** What a grant names: resources, and patterns, in which `*` stands for every name. */
interface Named {
  readonly keys: ReadonlySet<string>;
  readonly patterns: readonly EntityRef[];
}

const namedBy = new WeakMap<Grant, Named>();

function isPattern({ kind, path }: EntityRef): boolean {
  return kind !== 'target' && path.includes(anyName);
}

/** `setting:app.tenant` is the setting of that name, which is one part. */
function asOnePart(ref: EntityRef): EntityRef {
  return ref.kind === 'setting' && ref.path.length > 1 ? { ...ref, path: [ref.path.join('.')] } : ref;
}

function namesOf({ resources }: Grant, target: Target, database: string | undefined): Named {
  // Of a target only its own name means it, and not another's.
  const meant = resources.map(asOnePart).filter(({ kind, path }) => kind !== 'target' || path.length === 0 || path[0] === target.name);
  // What names a resource itself is its path and the target's name, which is the grant's own here; the database only says what contains it.
  return { keys: new Set(meant.filter((ref) => !isPattern(ref)).flatMap((ref) => ancestry(ref, target, database).slice(0, 1).map(nodeKey))), patterns: meant.filter(isPattern) };
}

/** `table:*` is every table, `table:public.*` those of one schema. A name that is not known (`*`) is covered only by a pattern that leaves it open, too. */
function fits(pattern: EntityRef, node: Node): boolean {
  const ref = namedResource(node.type, node.id)?.ref;
  if (ref?.kind !== pattern.kind) return false;
  return pattern.path.length === 1 || (pattern.path.length === ref.path.length && pattern.path.every((part, index) => part === anyName || part === ref.path[index]));
}

/**
 * Where a grant holds on to a resource: the innermost of the resource's ancestry that the grant names, or the target when the grant names
 * none. Undefined when the grant is of another target, or reaches none of it.
 */
export function attachment(grant: Grant, nodes: readonly Node[], target: Target, database: string | undefined): Node | undefined {
  if (grant.target !== target.name) return undefined;
  if (grant.resources.length === 0) return nodes.find((node) => node.type === 'Target');
  let named = namedBy.get(grant);
  if (named === undefined) namedBy.set(grant, named = namesOf(grant, target, database));
  const { keys, patterns } = named;
  return nodes.find((node) => keys.has(nodeKey(node)) || patterns.some((pattern) => fits(pattern, node)));
}

/** Positions of the principal's grants that reach a resource with that verb, expired ones too. */
export function covering(principal: Principal, verb: QuestionVerb, nodes: readonly Node[], target: Target, database: string | undefined): readonly number[] {
  const found: number[] = [];
  for (const [index, grant] of principal.grants.entries()) {
    if (verb !== 'none' && grant.verbs.includes(verb) && attachment(grant, nodes, target, database) !== undefined) found.push(index);
  }
  return found;
}
