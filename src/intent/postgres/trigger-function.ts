import type { RelationInfo } from '../../core/catalog.ts';
import type { EntityRef } from '../../core/resource.ts';
import { isBounded, widen } from './drafts.ts';
import type { Reading } from './reading.ts';
import type { Touch } from './relations.ts';
import { sameResource, thing } from './resources.ts';
import { transitionTables, type TransitionTables } from './transition.ts';

/** Trigger functions of pg_catalog, which catalogs do not list. Their oids are the same in every release (src/include/catalog/pg_proc.dat). */
const builtinTriggers: ReadonlyMap<number, string> = new Map([
  [1250, 'unique_key_recheck'], [1291, 'suppress_redundant_updates_trigger'], [3752, 'tsvector_update_trigger'], [3753, 'tsvector_update_trigger_column'],
]);

/** What the function of a trigger does, which may be the server's own or an extension's. */
export function readTriggerFunction(oid: number, way: EntityRef, reading: Reading, tables?: TransitionTables): void {
  const builtin = builtinTriggers.get(oid);
  if (builtin === undefined && reading.catalog.functionByOid(oid) === undefined) reading.opaque('unknown-function', way, 'the trigger\'s function is not in the catalog');
  else reading.walks.called({ functions: builtin === undefined ? [oid] : [], builtins: builtin === undefined ? [] : [builtin], types: [] }, reading, tables);
}

/** The triggers of a relation whose rows are changed. */
export function fireTriggers(info: RelationInfo, touch: Touch, reading: Reading): void {
  const { event, extent, moves, called, single } = touch;
  for (const trigger of info.triggers) {
    const fires = trigger.events.some((one) => one === event) || (moves === true && trigger.events.some((one) => one === 'insert' || one === 'delete'));
    const tables = transitionTables(trigger, info, touch, reading);
    const sibling = `trigger ${trigger.function} ${tables?.key ?? ''}`;
    if (!trigger.enabled || !fires || called?.has(sibling) === true) continue;
    called?.add(sibling);
    const way = thing('trigger', [info.schema, info.name, trigger.name]);
    const read = (): void => { readTriggerFunction(trigger.function, way, reading, tables); };
    // It may run for each row.
    reading.through(way, `trigger ${info.oid} ${trigger.name}`, () => {
      if (isBounded(extent)) read();
      else reading.repeatedly(read);
    }, `${extent} ${tables?.key ?? ''}`);
    if (extent === 'bounded' && single !== true) widen(reading.drafts, reading.via, (one) => sameResource(one, way), 'bounded');
  }
}
