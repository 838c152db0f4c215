import type { EntityRef, ResourceKind } from '../core/resource.ts';
import type { Asker } from './question.ts';

/** Kinds that a session alone sees, wherever they are named. */
const ownKinds: ReadonlySet<ResourceKind> = new Set(['cursor', 'prepared']);

/** How many parts a name in a schema has at least. A shorter one has no schema, so its first part is a name and not `pg_temp`. */
export const partsWithSchema: Partial<Record<ResourceKind, number>> = {
  table: 2, function: 2, sequence: 2, index: 2, type: 2, statistics: 2, operator: 2, collation: 2, 'text-search': 2, column: 3, trigger: 3, policy: 3, rule: 3,
};

/**
 * Nobody but its session sees it, and it ends with it. `pg_temp` is an alias that no real schema can have: names that start with `pg_`
 * are reserved (PostgreSQL documentation, section 5.10.5). Another session's `pg_temp_3` is not one's own, and is not meant.
 */
export function isTemporary(ref: EntityRef, asker: Pick<Asker, 'target' | 'language'>): boolean {
  if (ownKinds.has(ref.kind)) return true;
  if (asker.target.protocol !== 'postgres' && asker.language !== 'sql/postgres') return false;
  const parts = partsWithSchema[ref.kind];
  return parts !== undefined && ref.path.length >= parts && ref.path[0] === 'pg_temp';
}
