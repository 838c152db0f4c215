import type { Catalog, RelationInfo } from '../../core/catalog.ts';
import type { EntityRef, PartOf } from '../../core/resource.ts';
import type { Draft } from './drafts.ts';
import { anyName } from './functions/act.ts';
import { relationRef } from './relations.ts';
import { thing } from './resources.ts';

/** Who holds whose rows, in one catalog. What is worked out of it is shared by all that is read with it. */
interface Kinship {
  readonly parents: ReadonlyMap<number, readonly RelationInfo[]>;
  readonly wholes: Map<number, PartOf | undefined>;
  readonly parts: Map<number, readonly EntityRef[]>;
  /** By schema: tables elsewhere, some rows of which are in it. Worked out when first asked for. */
  schemas: ReadonlyMap<string, PartOf> | undefined;
}

const kinships = new WeakMap<Catalog, Kinship>();

/** Some 2 ms with 20,000 tables, once for each catalog. */
function kinshipOf(catalog: Catalog): Kinship {
  const known = kinships.get(catalog);
  if (known !== undefined) return known;
  const parents = new Map<number, RelationInfo[]>();
  for (const info of catalog.relations ?? []) {
    if (info.children.length === 0 || info.kind === 'index') continue;
    for (const oid of info.children) {
      const list = parents.get(oid);
      if (list === undefined) parents.set(oid, [info]);
      else list.push(info);
    }
  }
  const made: Kinship = { parents, wholes: new Map(), parts: new Map(), schemas: undefined };
  kinships.set(catalog, made);
  return made;
}

/** The tables that it is a part of, with theirs, the nearest first. */
function wholesOf(oid: number, { parents, wholes }: Kinship): PartOf | undefined {
  const first = parents.get(oid)?.[0];
  if (first === undefined) return undefined;
  const known = wholes.get(oid);
  if (known !== undefined) return known;
  const found = new Map<number, EntityRef>();
  // A set keeps its order, and goes on with what is added meanwhile.
  const near = new Set([oid]);
  for (const one of near) {
    for (const parent of parents.get(one) ?? []) {
      found.set(parent.oid, relationRef(parent));
      near.add(parent.oid);
    }
  }
  found.delete(oid);
  const made: PartOf = { as: first.kind === 'partitioned' ? 'partition' : 'child', wholes: [...found.values()] };
  wholes.set(oid, made);
  return made;
}

/** All below it. */
function partsOf(info: RelationInfo, catalog: Catalog, { parts }: Kinship): readonly EntityRef[] {
  const known = parts.get(info.oid);
  if (known !== undefined) return known;
  const found = new Map<number, EntityRef>();
  const below = new Set(info.children);
  for (const oid of below) {
    const child = catalog.relationByOid(oid);
    if (child === undefined) continue;
    found.set(oid, relationRef(child));
    for (const one of child.children) below.add(one);
  }
  found.delete(info.oid);
  const made = [...found.values()];
  parts.set(info.oid, made);
  return made;
}

function schemasOf(catalog: Catalog, kinship: Kinship): ReadonlyMap<string, PartOf> {
  if (kinship.schemas !== undefined) return kinship.schemas;
  const found = new Map<string, Map<string, EntityRef>>();
  for (const oid of kinship.parents.keys()) {
    const schema = catalog.relationByOid(oid)?.schema;
    if (schema === undefined) continue;
    for (const whole of wholesOf(oid, kinship)?.wholes ?? []) {
      if (whole.path[0] === schema) continue;
      const list = found.get(schema) ?? new Map<string, EntityRef>();
      found.set(schema, list.set(whole.path.join('\0'), whole));
    }
  }
  return kinship.schemas = new Map([...found].map(([schema, wholes]) => [schema, { as: 'container', wholes: [...wholes.values()] }]));
}

/** Kinds that stand in a table. */
const inTables: ReadonlySet<EntityRef['kind']> = new Set(['column', 'trigger', 'policy', 'rule']);
/** Those of them that its partitions get from it. */
const inherited: ReadonlySet<EntityRef['kind']> = new Set(['column', 'trigger']);

/** Are its partitions or children meant with it, beside those that are effects of their own? */
function reachesParts({ verb, alone }: Pick<Draft, 'verb' | 'alone'>, { oid, kind, children }: RelationInfo, unlisted: ReadonlySet<string>): boolean {
  if (children.length === 0 || alone === true) return false;
  // A new column is one of all, and who may read the table may read them. DROP TABLE takes along partitions, and no other children.
  return verb === 'define' || verb === 'grant' || (verb === 'destroy' && kind === 'partitioned') || unlisted.has(String(oid));
}

function kinOfTable(draft: Pick<Draft, 'verb' | 'alone'>, info: RelationInfo, catalog: Catalog, unlisted: ReadonlySet<string>): Pick<EntityRef, 'partOf' | 'parts'> {
  const kinship = kinshipOf(catalog);
  const partOf = wholesOf(info.oid, kinship);
  return { ...(partOf === undefined ? {} : { partOf }), ...(reachesParts(draft, info, unlisted) ? { parts: partsOf(info, catalog, kinship) } : {}) };
}

/** The relation that a resource is, or stands in. A name that was written without its schema is looked up where the session would. */
function relationOf({ kind, path, id }: EntityRef, catalog: Catalog, searchPath: readonly string[] | 'unknown'): RelationInfo | undefined {
  if (kind === 'table' && id !== undefined) return catalog.relationByOid(Number(id));
  const table = inTables.has(kind) ? path.slice(0, -1) : path;
  const name = table.at(-1);
  if (name === undefined || table.length > 2 || (table.length === 1 && searchPath === 'unknown')) return undefined;
  return catalog.relation({ schema: table.length === 2 ? table[0] : undefined, name }, searchPath === 'unknown' ? [] : searchPath);
}

/** The resource, with what the catalog knows of the tables whose rows it holds, and of those that hold its own. `unlisted`: see `Reading`. */
export function withKin(draft: Pick<Draft, 'verb' | 'alone' | 'resource'>, catalog: Catalog, unlisted: ReadonlySet<string>, searchPath: readonly string[] | 'unknown'): EntityRef {
  const { resource } = draft;
  const { kind, path, system } = resource;
  const [schema, name] = path;
  if (!catalog.known || system || schema === undefined) return resource;
  if (kind === 'schema' || (kind === 'table' && path.length === 2 && name === anyName)) {
    const partOf = schemasOf(catalog, kinshipOf(catalog)).get(schema);
    return partOf === undefined ? resource : { ...resource, partOf };
  }
  const within = inTables.has(kind);
  if (!within && kind !== 'table') return resource;
  const info = relationOf(resource, catalog, searchPath);
  if (info === undefined) return resource;
  const { partOf, parts } = kinOfTable({ ...draft, verb: inherited.has(kind) ? 'define' : draft.verb }, info, catalog, unlisted);
  if (partOf === undefined && parts === undefined) return resource;
  const here = (table: EntityRef): EntityRef => (within ? thing(kind, [...table.path, ...path.slice(-1)]) : table);
  return {
    ...resource, ...(partOf === undefined ? {} : { partOf: within ? { as: partOf.as, wholes: partOf.wholes.map(here) } : partOf }),
    ...(parts === undefined || (within && !inherited.has(kind)) ? {} : { parts: within ? parts.map(here) : parts }),
  };
}
