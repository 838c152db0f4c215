import type { Extent } from '../core/effect.ts';
import { formatResource } from '../core/format.ts';
import type { EntityRef, ResourceKind } from '../core/resource.ts';
import { clusterKinds, deepest } from './ancestry.ts';
import { kinReached, tableIn } from './kin.ts';
import type { NamedResource } from './named.ts';
import type { Question } from './question.ts';
import { partsWithSchema } from './temporary.ts';

/**
 * What an effect reaches beside the resource that it names. A policy that names a resource (`forbid (..., resource == Table::"db/public.ledger")`) sees
 * an effect only when the effect names the same. It would not see
 * - a name that is computed (`sequence:*`) or lacks its schema, which may be the one;
 * - a container whose contents are meant: GRANT ... ON ALL TABLES IN SCHEMA, schema_to_xml, DROP DATABASE;
 * - a table's columns, which no question is asked about by itself; and the table of a column, a trigger or a policy that is changed;
 * - a table of whose rows it holds some (`EntityRef.partOf`), or the parts of one;
 * - a setting with a dot in its name, which is one part (`setting:"app.tenant"`) and is mostly written as two; the table of a lock;
 * - what was not understood, and may be anything.
 */
export type Reached = readonly EntityRef[];

/** Stands for a name that is not known, as the interpreter writes it. A real object of that name is taken for it, which refuses more. */
export const anyName = '*';

/** Kinds whose name may go on inside: a path in a path. */
const nested: ReadonlySet<ResourceKind> = new Set(['path', 'host', 'endpoint']);
/** Kinds that are made of others. */
export const holdsOthers: ReadonlySet<ResourceKind> = new Set(['target', 'database', 'schema', ...nested]);
/** Verbs that a container itself has nothing for: they are of what it holds. */
const ofData: ReadonlySet<string> = new Set(['read', 'insert', 'update', 'delete', 'export']);
const wide: ReadonlySet<string> = new Set<Extent>(['bounded', 'all', 'unknown']);

/** What policies name, and which types of resources they tell apart. */
export interface Naming {
  readonly resources: readonly NamedResource[];
  /** Those of them that are a table's: all that an effect on one table can reach. */
  readonly inTables: readonly NamedResource[];
  /** Kinds that policies test by type: `resource is Table`. */
  readonly kinds: ReadonlySet<ResourceKind>;
}

/** Such a resource is no one resource: its name, or a part of it, is not known. */
export function isMany({ kind, path }: EntityRef): boolean {
  // Of what is nested deeper than is followed, the outermost containers are not known to Cedar.
  return path.includes(anyName) || path.length < (partsWithSchema[kind] ?? 0) || (nested.has(kind) && path.length > deepest);
}

/** With as many parts as the kind has; unknown ones come first, since a schema is what is left out. */
function padded(kind: ResourceKind, path: readonly string[]): readonly string[] {
  const missing = (partsWithSchema[kind] ?? 0) - path.length;
  return missing > 0 ? [...Array.from({ length: missing }, () => anyName), ...path] : path;
}

function samePart(a: string | undefined, b: string | undefined): boolean {
  return a === b || a === anyName || b === anyName;
}

/** Is every known part of one the other's, up to the length of the shorter? */
function agree(a: readonly string[], b: readonly string[]): boolean {
  return a.slice(0, b.length).every((part, index) => samePart(part, b[index]));
}

/** Has its name a table's name in it? */
export function isOfTable({ kind }: EntityRef): boolean {
  return partsWithSchema[kind] === 3;
}

/** A setting's name is one, with dots in it or not. */
export function sameSetting(a: EntityRef, b: EntityRef): boolean {
  return a.kind === 'setting' && b.kind === 'setting' && a.path.join('.') === b.path.join('.');
}

/** May two names of one kind be the same resource's? */
function mayBe(kind: ResourceKind, a: readonly string[], b: readonly string[]): boolean {
  if (isAny(a) || isAny(b)) return true;
  const [one, other] = [padded(kind, a), padded(kind, b)];
  if (!agree(one, other)) return false;
  // `src.*` may be any depth below.
  return one.length === other.length || (nested.has(kind) && (one.length < other.length ? one : other).at(-1) === anyName);
}

function isAny(path: readonly string[]): boolean {
  return path.length === 0 || (path.length === 1 && path[0] === anyName);
}

/** Kinds that are in no database. */
const outside: ReadonlySet<ResourceKind> = new Set(['target', 'database', 'tool', ...nested, ...clusterKinds]);

/** Is what policies name inside the container, or may it be? */
function inside(named: EntityRef, question: Question): boolean {
  const { kind, path } = question.resource;
  if (kind === 'target') return named.kind !== 'target';
  if (kind === 'database') return !outside.has(named.kind);
  if (nested.has(kind)) return named.kind === kind && named.path.length > path.length && agree(named.path, path);
  const whole = padded(named.kind, named.path);
  if (kind === 'schema') return partsWithSchema[named.kind] !== undefined && samePart(whole[0], path.at(-1) ?? anyName);
  return kind === 'table' && isOfTable(named) && mayBe('table', whole.slice(0, -1), path) && reachesPart(named.kind, whole.at(-1) ?? anyName, question);
}

/** A column by what is done to its rows, when it is among their columns; the rest of a table only when it is dropped. */
function reachesPart(kind: ResourceKind, name: string, { columns, verb, extent }: Question): boolean {
  if (kind !== 'column') return verb === 'destroy';
  return columns === 'all' || columns.includes(name) || columns.includes(anyName) || (columns.length === 0 && extent !== 'none');
}

/** Does the effect reach what is in its container, and not only the container itself, as ALTER DATABASE or CREATE SCHEMA do? */
function meansContents({ resource: { kind }, verb, extent }: Question): boolean {
  if (kind === 'table') return true;
  if (!holdsOthers.has(kind)) return false;
  return wide.has(extent) || (!nested.has(kind) && ofData.has(verb));
}

/** The resource, as it would be in what a policy names; undefined when it cannot be there. For policies that ask what it is `in`. */
function within(named: EntityRef, { kind, path }: EntityRef): EntityRef | undefined {
  if (nested.has(kind)) return kind === named.kind && (isAny(path) || agree(path, named.path)) ? { kind, path: [...named.path, anyName], system: false } : undefined;
  const depth = named.kind === 'schema' ? 1 : named.kind === 'table' ? named.path.length : 0;
  const parts = partsWithSchema[kind] ?? 0;
  if (depth === 0 || parts <= depth) return undefined;
  const whole = isAny(path) ? Array.from({ length: parts }, () => anyName) : padded(kind, path);
  return agree(named.path, whole) ? { kind, path: [...named.path, ...whole.slice(depth)], system: false } : undefined;
}

/** Some resource of each kind that policies tell apart and that can be in the container: `resource is Table` is meant of a schema's tables, too. */
function examples({ resource: { kind, path } }: Question, kinds: ReadonlySet<ResourceKind>): EntityRef[] {
  const schema = kind === 'schema' ? path.at(-1) ?? anyName : anyName;
  return (['schema', 'table', 'function', 'column'] as const).filter((one) => kinds.has(one) && one !== kind)
    .map((one) => ({ kind: one, path: [schema, anyName, anyName].slice(0, partsWithSchema[one] ?? 1), system: false }));
}

/** LOCK names a table, and advisory locks have names of their own. */
function lockedTable({ kind, path }: EntityRef): EntityRef | undefined {
  return kind === 'lock' && path.length === 2 ? { kind: 'table', path, system: false } : undefined;
}

/** Resources that must be decided about together with the effect's own. None for most: it names a table, and no policy names its columns. */
export function reached(question: Question, naming: Naming): Reached {
  const { resource, verb, asker } = question;
  const anything = verb === 'opaque';
  const many = isMany(resource);
  const contents = anything || meansContents(question);
  const hasKin = naming.resources.length > 0 && (resource.partOf !== undefined || resource.parts !== undefined);
  const outer = tableIn(resource) ?? lockedTable(resource);
  const dotted = resource.kind === 'setting' && resource.path.some((part) => part.includes('.'));
  // Most commands: one table, in a set that names no column.
  if (verb === 'none' || (!many && !hasKin && !dotted && outer === undefined && (!contents || (resource.kind === 'table' && !anything && naming.inTables.length === 0)))) return [];
  const asked = anything ? { ...question, resource: { kind: 'target', path: [], system: false } as const } : question;
  const found = new Map<string, EntityRef>();
  const add = (ref: EntityRef): void => { found.set(formatResource(ref), ref); };
  for (const { target, ref } of many || hasKin || outer !== undefined || asked.resource.kind !== 'table' ? naming.resources : naming.inTables) {
    if (target !== asker.target.name) continue;
    if (many && ref.kind === resource.kind && mayBe(ref.kind, ref.path, resource.path)) add(ref);
    if (contents && inside(ref, asked)) add(ref);
    const narrowed = many ? within(ref, resource) : undefined;
    if (narrowed !== undefined) add(narrowed);
    if (outer !== undefined && ref.kind === 'table' && mayBe('table', ref.path, outer.path)) add(ref);
    if (dotted && sameSetting(ref, resource)) add(ref);
    if (hasKin) for (const one of kinReached(ref, asked, contents, inside)) add(one);
  }
  if (contents && ['target', 'database', 'schema'].includes(asked.resource.kind)) for (const ref of examples(asked, naming.kinds)) add(ref);
  found.delete(formatResource(resource));
  return [...found.values()].map((ref) => (resource.system ? { ...ref, system: true } : ref));
}
