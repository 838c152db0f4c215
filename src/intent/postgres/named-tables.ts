import type { FuncCall } from '@pgsql/types';
import type { RelationInfo } from '../../core/catalog.ts';
import type { Effect } from '../../core/effect.ts';
import type { EntityRef } from '../../core/resource.ts';
import { constantOf } from './constant.ts';
import { anyName } from './functions/act.ts';
import type { Reading } from './reading.ts';
import { relationRef, resolveRelation, type Relation } from './relations.ts';
import { runForUpkeep } from './stored-code.ts';

type Named = Pick<Effect, 'resource' | 'verb'>;

function resolve(path: readonly string[], { verb }: Named, call: FuncCall, reading: Reading): Relation {
  const [relname = '', schemaname] = path.toReversed();
  return resolveRelation({ relname, ...(schemaname === undefined ? {} : { schemaname }), location: call.location ?? -1 }, reading, verb === 'define');
}

/** What a table's name in an argument means here and now, so that a policy on the table is one on it, however it is written. One that is made need not be there. */
export function resolveTable(named: Named, call: FuncCall, reading: Reading): EntityRef {
  const { resource } = named;
  if (resource.path[0] === anyName && resource.path.length === 1) {
    const numbered = byNumber(call, reading);
    return numbered === undefined ? resource : relationRef(numbered);
  }
  return resource.system || resource.path.includes(anyName) || resource.path.length > 2 ? resource : resolve(resource.path, named, call, reading).ref;
}

/** The same of a column, whose table's name stands before its own. */
export function resolveColumnName(named: Named, call: FuncCall, reading: Reading): EntityRef {
  const { resource } = named;
  const [column = '', ...table] = resource.path.toReversed();
  if (resource.path.includes(anyName) || table.length === 0 || table.length > 2) return resource;
  const { ref } = resolve(table.toReversed(), named, call, reading);
  return { kind: 'column', path: [...ref.path, column], system: ref.system };
}

/** The table of an index: of that name, in its schema. */
export function withIndex(name: string, schema: string | undefined, reading: Reading): readonly RelationInfo[] {
  if (schema === undefined) return [];
  return [...reading.catalog.inSchema(schema).relations].filter(({ code }) => code.some((one) => one.kind === 'index' && one.name === name));
}

/** `regclass` takes an oid in digits, too. */
export function byNumber(call: FuncCall, reading: Reading): RelationInfo | undefined {
  const value = constantOf(call.args?.[0]);
  return value === undefined || value === null || value === '' ? undefined : reading.catalog.relationByOid(Number(value));
}

/** The same of an index, whose upkeep works its expressions out for each row. */
export function resolveIndex(named: Named, call: FuncCall, reading: Reading): EntityRef {
  const { resource, verb } = named;
  const computed = resource.path.includes(anyName);
  const numbered = computed ? byNumber(call, reading) : undefined;
  if (computed && numbered === undefined) {
    if (verb === 'execute' && reading.catalog.known) reading.opaque('computed-code', resource, 'which index it is, and what that runs, is not known before', reading.at(call.location));
    return resource;
  }
  const { ref, info } = numbered === undefined ? resolve(resource.path, named, call, reading) : { ref: relationRef(numbered), info: numbered };
  if (verb === 'execute') for (const table of withIndex(info?.name ?? '', info?.schema, reading)) runForUpkeep(table, ['index'], reading);
  return info === undefined ? { ...ref, kind: 'index' } : ref;
}
