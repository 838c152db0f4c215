import type { TypeName } from '@pgsql/types';
import type { CastInfo, TypeInfo } from '../../core/catalog.ts';
import type { EntityRef } from '../../core/resource.ts';
import { strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { isSystemSchema, thing } from './resources.ts';
import { isChanged } from './changes.ts';
import { isOwnType } from './own-code.ts';
import { builtinNames } from './type-names.ts';

/**
 * What making a value of a type runs: the checks of a domain, the input of a base type. Those of an extension's own types compute on their
 * text: who installed it has loaded its code into the server.
 */
export function readType(type: TypeInfo, reading: Reading): void {
  if (isChanged('type', type.name, reading)) reading.opaque('session-state', thing('type', [type.schema, type.name]), 'this transaction has changed what the name means: end it first');
  if (type.kind === 'enum' || (type.kind === 'base' && type.extension !== undefined)) return;
  if (type.functions.length === 0 && type.builtins.length === 0 && type.types.length === 0) return;
  reading.through(thing('type', [type.schema, type.name]), `type ${type.oid}`, () => { reading.walks.called(type, reading); });
}

/** `schema.name` as `format_type` writes it. */
const qualified = /^("(?:[^"]|"")*"|[^".]+)\.("(?:[^"]|"")*"|[^".([]+)/;

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** A value of this type may be wanted, given or compared somewhere in the statement at hand. So may those that it is made of: a row is of its columns' types. */
export function wantType(written: string, reading: Reading): void {
  if (!written.includes('.')) return;
  const type = reading.catalog.typeWritten(written);
  const name = type?.written ?? written;
  if (reading.wantedTypes.has(name)) return;
  reading.wantedTypes.set(name, reading.via);
  if (type?.base !== undefined) wantType(type.base, reading);
  if (type !== undefined && type.kind !== 'composite') return;
  const [, schema = '', table = ''] = qualified.exec(written) ?? [];
  for (const column of reading.catalog.relation({ schema: unquoted(schema), name: unquoted(table) }, [])?.columns ?? []) wantType(column.type, reading);
}

/**
 * What runs without being written where values of types meet that were made in the database: casts, and the functions by which values are
 * sorted, compared and hashed. Of which value is not worked out: every one that the types at hand allow counts.
 */
export function readUnwritten(reading: Reading): void {
  const { wantedTypes, castTargets, via } = reading;
  const { catalog } = reading;
  if (wantedTypes.size > 0 || castTargets.size > 0) {
    const assigns = reading.drafts.some(({ verb }) => verb === 'insert' || verb === 'update');
    for (const cast of catalog.casts) {
      const way = wayOf(cast, assigns, reading);
      if (way === undefined) continue;
      reading.via = way;
      reading.through(thing('cast', [cast.source, cast.target]), `cast ${cast.source} ${cast.target}`, () => { reading.walks.called(cast.calls, reading); });
    }
    for (const [written, way] of wantedTypes) {
      const type = catalog.typeWritten(written);
      if (type === undefined) continue;
      reading.via = way;
      // A literal, a record or a polymorphic function may make a value of any type at hand, without naming it.
      readType(type, reading);
      if (type.compares.length > 0) reading.through(thing('type', [type.schema, type.name]), `compare ${type.oid}`, () => { reading.walks.called({ functions: type.compares, builtins: [], types: [] }, reading); });
    }
  }
  reading.via = via;
  wantedTypes.clear();
  castTargets.clear();
}

/** The way to the place that may apply the cast. A value of a built-in type may be anywhere. */
function wayOf(cast: CastInfo, assigns: boolean, { catalog, wantedTypes, castTargets }: Reading): readonly EntityRef[] | undefined {
  const made = (type: string): boolean => catalog.typeWritten(type) !== undefined;
  const source = made(cast.source) ? wantedTypes.get(cast.source) : [];
  const target = made(cast.target) ? wantedTypes.get(cast.target) : [];
  if (source === undefined) return undefined;
  const written = castTargets.get(cast.target);
  if (written !== undefined) return written;
  if (target === undefined || cast.context === 'explicit' || (cast.context === 'assignment' && !assigns)) return undefined;
  return made(cast.source) ? source : target;
}

/** Functions that make JSON of values of any type, by a cast to `json` where the type was given one (src/backend/utils/adt/jsonfuncs.c, json_categorize_type). */
const makingJson = /^(?:to_jsonb?|(?:row|array)_to_json|jsonb?_(?:object_)?agg(?:_unique)?(?:_strict)?(?:_transfn)?|jsonb?_build_(?:object|array)(?:_noargs)?)$/u;

export function makesJson(name: string): boolean {
  return makingJson.test(name);
}

/** Values of the types at hand may become JSON. */
export function wantJson(reading: Reading): void {
  if (reading.catalog.casts.length > 0 && !reading.castTargets.has('json')) reading.castTargets.set('json', reading.via);
}

/** A cast that is written, also as `type 'text'`. */
export function readTypeName(name: TypeName | undefined, reading: Reading): void {
  const parts = strings(name?.names);
  const written = parts.at(-1);
  const schema = parts.length > 1 ? parts.at(-2) : undefined;
  if (written === undefined || !reading.catalog.known) return;
  if (isOwnType(schema, written, reading)) {
    reading.readsSession = true;
    reading.opaque('session-state', thing('type', parts), 'this session has made it with checks that do more than compute, and the catalog does not know it', reading.at(name?.location));
    return;
  }
  const builtin = schema === 'pg_catalog' || schema === undefined ? builtinNames.get(written) : undefined;
  if (builtin !== undefined && reading.catalog.casts.length > 0 && !reading.castTargets.has(builtin)) reading.castTargets.set(builtin, reading.via);
  if (isSystemSchema(schema)) return;
  const path = reading.searchPath;
  const type = reading.catalog.typeNamed({ schema, name: written }, path);
  if (type === undefined) {
    // The row of a table is made of its columns' types.
    if (path !== 'unknown' || schema !== undefined) for (const column of reading.catalog.relation({ schema, name: written }, path === 'unknown' ? [] : path)?.columns ?? []) wantType(column.type, reading);
    if (isChanged('type', written, reading)) reading.opaque('session-state', thing('type', parts), 'this transaction has changed what the name means: end it first', reading.at(name?.location));
    return;
  }
  if (path === 'unknown' && schema === undefined) {
    reading.readsSession = true;
    reading.opaque('session-state', thing('type', parts), 'the search path is not known here: qualify the type', reading.at(name?.location));
    return;
  }
  readType(type, reading);
  wantType(type.written, reading);
  if (!reading.castTargets.has(type.written)) reading.castTargets.set(type.written, reading.via);
}
