import type { FuncCall } from '@pgsql/types';
import type { Effect } from '../../core/effect.ts';
import type { EntityRef } from '../../core/resource.ts';
import { anyName } from './functions/act.ts';
import type { Reading } from './reading.ts';
import { resolveRelation } from './relations.ts';

/** What a table's name in an argument means here and now, so that a policy on the table is one on it, however it is written. One that is made need not be there. */
export function resolveTable({ resource, verb }: Pick<Effect, 'resource' | 'verb'>, call: FuncCall, reading: Reading): EntityRef {
  if (resource.system || resource.path.includes(anyName) || resource.path.length > 2) return resource;
  const [relname = '', schemaname] = resource.path.toReversed();
  return resolveRelation({ relname, ...(schemaname === undefined ? {} : { schemaname }), location: call.location ?? -1 }, reading, verb === 'define').ref;
}
