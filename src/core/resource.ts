/** Kinds of resources that Cedar knows as entity types of their own; every other kind is a `Thing` (role, setting, type, ...). */
export const entityKinds = ['target', 'database', 'schema', 'table', 'column', 'function', 'path', 'host', 'endpoint', 'tool'] as const;
export const thingKinds = [
  'role', 'setting', 'sequence', 'type', 'extension', 'language', 'tablespace', 'publication', 'subscription', 'server', 'channel',
  'large-object', 'cursor', 'prepared', 'index', 'trigger', 'policy', 'rule', 'cascade', 'check', 'operator', 'cast', 'collation', 'statistics',
  'event-trigger', 'program', 'process', 'session', 'lock', 'text-search', 'access-method', 'transform', 'statement',
] as const;
export type EntityKind = (typeof entityKinds)[number];
export type ThingKind = (typeof thingKinds)[number];
export type ResourceKind = EntityKind | ThingKind;

/**
 * A resource inside a target, as the interpreter names it.
 * `path` holds the name's parts from the outside in, unquoted and case-folded as the target reads them:
 * `['public', 'users']` for a table, `['public', 'users', 'email']` for a column. A table without schema (no catalog, no
 * schema written) has the one part that was written.
 * `system` marks the target's own machinery (`pg_catalog`, a setting that the gate's reading depends on).
 * `id` is the target's own identity where the catalog knows it (relation oid; with a column number `16384.3`): labels bind to it.
 */
export interface EntityRef {
  readonly kind: ResourceKind;
  readonly path: readonly string[];
  readonly system: boolean;
  readonly id?: string;
  readonly partOf?: PartOf;
  /** Of a table: partitions and children that an effect on it reaches beside those that are effects of their own. Not on record. */
  readonly parts?: readonly EntityRef[];
}

/** How a resource holds rows of other tables: as their partition, as their child by inheritance (PostgreSQL lets no relation be both), or as what some such stand in. */
export const partRoles = ['partition', 'child', 'container'] as const;

/** Tables of whose rows a resource holds some, the nearest first; of a column or trigger, what it is called there. As the catalog has it. */
export interface PartOf {
  readonly as: (typeof partRoles)[number];
  readonly wholes: readonly EntityRef[];
}

export function isEntityKind(kind: ResourceKind): kind is EntityKind {
  return (entityKinds as readonly string[]).includes(kind);
}
