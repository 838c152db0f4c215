import { formatResource } from '../core/format.ts';
import type { Effect } from '../core/effect.ts';
import type { EntityRef } from '../core/resource.ts';
import type { Question } from './question.ts';
import { partsWithSchema } from './temporary.ts';

/**
 * What a table and its partitions (or children by inheritance) are to each other. They hold the same rows, so that
 * - a forbid of the whole bites on a part, whichever it is, and one of a part on what reaches it through the whole;
 * - a permit, or a grant, of the whole covers its partitions, which are nothing but its rows. A child by inheritance has columns and, through its own
 *   name, a life of its own: it is covered where it is reached through the parent, as PostgreSQL's own privileges have it.
 * A permit of a part says nothing of the whole.
 */
export function heldBy({ resource, via }: Pick<Effect, 'resource' | 'via'>): readonly EntityRef[] {
  const { partOf } = resource;
  if (partOf === undefined || partOf.as === 'container') return [];
  if (partOf.as === 'partition') return partOf.wholes;
  const ways = new Set(via.map(formatResource));
  return partOf.wholes.filter((whole) => ways.has(formatResource(whole)));
}

/**
 * The resource without the wholes that it was reached through: an effect on `events` that goes on to its partitions is one on `events` itself, and was asked
 * about as that. So the partitions of one table are one class, whatever policies say of the table.
 */
export function besideWay({ resource, via }: Pick<Effect, 'resource' | 'via'>): EntityRef {
  const { partOf } = resource;
  if (partOf === undefined || via.length === 0) return resource;
  const names = new Set(partOf.wholes.map(formatResource));
  const ways = new Set<string>();
  for (const way of via.toReversed().map(formatResource)) {
    if (!names.has(way)) break;
    ways.add(way);
  }
  const wholes = partOf.wholes.filter((whole) => !ways.has(formatResource(whole)));
  if (wholes.length === partOf.wholes.length) return resource;
  const { partOf: _all, ...rest } = resource;
  return wholes.length === 0 ? rest : { ...rest, partOf: { as: partOf.as, wholes } };
}

function same(a: EntityRef, b: EntityRef): boolean {
  return a.kind === b.kind && a.path.length === b.path.length && a.path.every((part, index) => part === b.path[index]);
}

/** The table that the name has in it. */
export function tableIn(ref: EntityRef): EntityRef | undefined {
  return partsWithSchema[ref.kind] === 3 && ref.path.length === 3 ? { kind: 'table', path: ref.path.slice(0, 2), system: false } : undefined;
}

const partNames = new WeakMap<readonly EntityRef[], ReadonlyMap<string, EntityRef>>();

function byTable(parts: readonly EntityRef[]): ReadonlyMap<string, EntityRef> {
  let names = partNames.get(parts);
  if (names === undefined) partNames.set(parts, names = new Map(parts.map((part) => [formatResource(tableIn(part) ?? part), part])));
  return names;
}

/** Is what a policy names this one (or the table that it is in, or, of a whole elsewhere, its schema)? Then which to ask about. */
function meant(named: EntityRef, one: EntityRef): EntityRef | undefined {
  if (same(named, one)) return one;
  const table = tableIn(one);
  if (table !== undefined && same(named, table)) return named;
  return named.kind === 'schema' && named.path.at(-1) === one.path[0] ? one : undefined;
}

/**
 * What must be asked about for a resource that a policy names: of the tables whose rows the effect touches, those that it is, or that are in it.
 * `inside`: is the one named in the question's resource?
 */
export function kinReached(named: EntityRef, question: Question, contents: boolean, inside: (named: EntityRef, question: Question) => boolean): readonly EntityRef[] {
  const { partOf, parts } = question.resource;
  const found: EntityRef[] = [];
  const add = (one: EntityRef): void => {
    const asked = meant(named, one);
    if (asked !== undefined) found.push(asked);
    // The same columns, but nothing else: the triggers and policies of a table are its own.
    else if (named.kind === 'column' && one.kind === 'table' && inside(named, { ...question, resource: one })) found.push(named);
  };
  if (partOf !== undefined && (partOf.as !== 'container' || contents)) for (const whole of partOf.wholes) add(whole);
  if (parts === undefined) return found;
  // One in that schema speaks for all that are; of the others only one can be meant.
  const part = named.kind === 'schema' ? parts.find(({ path }) => path[0] === named.path.at(-1)) : byTable(parts).get(formatResource(tableIn(named) ?? named));
  if (part !== undefined) add(part);
  return found;
}
