import type { EntityRef } from '../../core/resource.ts';
import type { Reading } from './reading.ts';

/** Trigger functions of pg_catalog, which catalogs do not list. Their oids are the same in every release (src/include/catalog/pg_proc.dat). */
const builtinTriggers: ReadonlyMap<number, string> = new Map([
  [1250, 'unique_key_recheck'], [1291, 'suppress_redundant_updates_trigger'], [3752, 'tsvector_update_trigger'], [3753, 'tsvector_update_trigger_column'],
]);

/** What the function of a trigger does, which may be the server's own or an extension's. */
export function readTriggerFunction(oid: number, way: EntityRef, reading: Reading): void {
  const builtin = builtinTriggers.get(oid);
  if (builtin === undefined && reading.catalog.functionByOid(oid) === undefined) reading.opaque('unknown-function', way, 'the trigger\'s function is not in the catalog');
  else reading.walks.called({ functions: builtin === undefined ? [oid] : [], builtins: builtin === undefined ? [] : [builtin], types: [] }, reading);
}
