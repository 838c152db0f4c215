import type { TriggerInfo } from '../core/catalog.ts';

/** Bits of `tgtype`: src/include/catalog/pg_trigger.h. */
export function triggerEvents(type: number): TriggerInfo['events'] {
  const bits = [['insert', 4], ['delete', 8], ['update', 16], ['truncate', 32]] as const;
  return bits.filter(([, bit]) => (type & bit) !== 0).map(([event]) => event);
}
