import type { Effect, Verb } from '../../core/effect.ts';
import { formatEffect, formatResource } from '../../core/format.ts';
import type { JsonObject } from './base.ts';
import { type Fit, leftOut } from './limits.ts';

/** The text form for people, the parts for queries. */
export function ownEffect(effect: Effect, fit: Fit): JsonObject {
  const columns = effect.columns === 'all' ? 'all' : fit.list(effect.columns);
  const via = fit.list(effect.via);
  return {
    text: fit.text(formatEffect(effect)),
    verb: effect.verb,
    resource: fit.text(formatResource(effect.resource)),
    system: effect.resource.system || undefined,
    resource_id: effect.resource.id === undefined ? undefined : fit.text(effect.resource.id),
    extent: effect.extent,
    columns: columns === 'all' ? columns : columns.map((column) => fit.text(column)),
    columns_left_out: columns === 'all' ? undefined : leftOut([...effect.columns], columns),
    reversible: effect.reversible,
    span: [effect.span.start, effect.span.end],
    via: via.length === 0 ? undefined : via.map((ref) => fit.text(formatResource(ref))),
    via_left_out: leftOut(effect.via, via),
    sink: effect.sink,
    reason: effect.reason,
    note: effect.note === undefined ? undefined : fit.text(effect.note),
    outside_transaction: effect.outsideTransaction,
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

/** `activity_id` of Datastore Activity; the verb by name where it has none. */
export function datastoreActivity(verb: Verb | undefined): { readonly id: number; readonly name?: string } {
  switch (verb) {
    case 'read': return { id: 1 };
    case 'update': return { id: 2 };
    case undefined: return { id: 4 };
    case 'insert': return { id: 5 };
    case 'define': return { id: 6 };
    case 'delete': case 'destroy': return { id: 7 };
    case 'grant': case 'execute': case 'export': case 'configure': case 'opaque': return { id: 99, name: verb };
  }
}

/** `activity_id` of API Activity. */
export function apiActivity(verb: Verb | undefined): { readonly id: number; readonly name?: string } {
  switch (verb) {
    case 'insert': case 'define': return { id: 1 };
    case 'read': return { id: 2 };
    case 'update': return { id: 3 };
    case 'delete': case 'destroy': return { id: 4 };
    case undefined: return { id: 99, name: 'none' };
    case 'grant': case 'execute': case 'export': case 'configure': case 'opaque': return { id: 99, name: verb };
  }
}
