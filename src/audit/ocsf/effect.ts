import type { Effect, Verb } from '../../core/effect.ts';
import { formatEffectAnywhere, formatResource } from '../../core/format.ts';
import type { EntityRef } from '../../core/resource.ts';
import type { JsonObject } from './base.ts';
import { type Fit, leftOut } from './limits.ts';

/** The text form for people, the parts for queries. No span: the record holds the shape of a text, in which the places are other ones. */
export function ownEffect(effect: Effect, fit: Fit): JsonObject {
  const resource = fitResource(effect.resource, fit);
  const columns = effect.columns === 'all' ? effect.columns : fit.list(effect.columns).map((column) => fit.text(column));
  const via = fit.list(effect.via).map((ref) => fitResource(ref, fit));
  return {
    text: fit.text(formatEffectAnywhere({ ...effect, resource, columns, via })),
    verb: effect.verb,
    resource: fit.text(formatResource(resource)),
    system: resource.system || undefined,
    part_as: resource.partOf?.as,
    part_of: resource.partOf?.wholes.map((ref) => fit.text(formatResource(ref))),
    part_of_left_out: leftOut(effect.resource.partOf?.wholes ?? [], resource.partOf?.wholes ?? []),
    resource_id: resource.id === undefined ? undefined : fit.text(resource.id),
    extent: effect.extent,
    columns,
    columns_left_out: leftOut(effect.columns, columns),
    reversible: effect.reversible,
    via: via.length === 0 ? undefined : via.map((ref) => fit.text(formatResource(ref))),
    via_left_out: leftOut(effect.via, via),
    sink: effect.sink,
    reason: effect.reason,
    note: effect.note === undefined ? undefined : fit.text(effect.note),
    outside_transaction: effect.outsideTransaction,
  };
}

/** Cut before it is formatted: the work is bounded by what is kept. */
export function fitResource(ref: EntityRef, fit: Fit): EntityRef {
  const { partOf } = ref;
  return {
    ...ref, path: fit.list(ref.path).map((part) => fit.text(part)),
    ...(partOf === undefined ? {} : { partOf: { as: partOf.as, wholes: fit.list(partOf.wholes).map((whole) => fitResource(whole, fit)) } }),
  };
}

/** A command has one activity: that of its heaviest effect. */
const heaviestFirst: readonly Verb[] = ['destroy', 'delete', 'update', 'insert', 'define', 'grant', 'export', 'execute', 'configure', 'opaque', 'read'];

export function heaviest(effects: readonly Effect[]): Effect | undefined {
  for (const verb of heaviestFirst) {
    const effect = effects.find((effect) => effect.verb === verb);
    if (effect !== undefined) return effect;
  }
  return undefined;
}

interface Activity { readonly id: number; readonly name?: string }

/** What OCSF has no activity for goes by its verb's name. */
function other(verb: Verb): Activity { return { id: 99, name: verb }; }

const datastoreActivities: Readonly<Record<Verb, Activity>> = {
  read: { id: 1 }, update: { id: 2 }, insert: { id: 5 }, define: { id: 6 }, delete: { id: 7 }, destroy: { id: 7 },
  grant: other('grant'), execute: other('execute'), export: other('export'), configure: other('configure'), opaque: other('opaque'),
};

const apiActivities: Readonly<Record<Verb, Activity>> = {
  insert: { id: 1 }, define: { id: 1 }, read: { id: 2 }, update: { id: 3 }, delete: { id: 4 }, destroy: { id: 4 },
  grant: other('grant'), execute: other('execute'), export: other('export'), configure: other('configure'), opaque: other('opaque'),
};

/** `activity_id` of Datastore Activity; Query for a command without effects. */
export function datastoreActivity(verb: Verb | undefined): Activity {
  return verb === undefined ? { id: 4 } : datastoreActivities[verb];
}

/** `activity_id` of API Activity. */
export function apiActivity(verb: Verb | undefined): Activity {
  return verb === undefined ? { id: 99, name: 'none' } : apiActivities[verb];
}
