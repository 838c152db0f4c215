import type { TypeName } from '@pgsql/types';
import type { CastInfo, TypeInfo } from '../../core/catalog.ts';
import { strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { isSystemSchema, thing } from './resources.ts';

/**
 * What making a value of a type runs: the checks of a domain, the input of a base type. Those of an extension's own types compute on their
 * text: who installed it has loaded its code into the server.
 */
export function readType(type: TypeInfo, reading: Reading): void {
  if (type.kind === 'enum' || (type.kind === 'base' && type.extension !== undefined)) return;
  if (type.functions.length === 0 && type.builtins.length === 0 && type.types.length === 0) return;
  reading.through(thing('type', [type.schema, type.name]), `type ${type.oid}`, () => { reading.walks.called(type, reading); });
}

/** A value of this type may be wanted somewhere in the statement at hand. */
export function wantType(written: string, reading: Reading): void {
  if (reading.catalog.casts.length === 0) return;
  const type = written.replace(/\([^()"]*\)|\[\]/g, '');
  if (!reading.wantedTypes.has(type)) reading.wantedTypes.set(type, reading.via);
}

/** Casts that are applied without being written. Of which value is not worked out: all that make a wanted type count. */
export function readUnwrittenCasts(reading: Reading): void {
  if (reading.wantedTypes.size === 0) return;
  const { via } = reading;
  const assigns = reading.drafts.some(({ verb }) => verb === 'insert' || verb === 'update');
  for (const cast of reading.catalog.casts) {
    const way = reading.wantedTypes.get(cast.target);
    if (way === undefined || cast.context === 'explicit' || (cast.context === 'assignment' && !assigns)) continue;
    reading.via = way;
    readCast(cast, reading);
  }
  reading.via = via;
  reading.wantedTypes.clear();
}

function readCast(cast: CastInfo, reading: Reading): void {
  reading.through(thing('cast', [cast.source, cast.target]), `cast ${cast.source} ${cast.target}`, () => { reading.walks.called(cast.calls, reading); });
}

function readColumnType(written: string, reading: Reading): void {
  const type = reading.catalog.typeWritten(written);
  if (type !== undefined) readType(type, reading);
}

/** A cast that is written, also as `type 'text'`. */
export function readTypeName(name: TypeName | undefined, reading: Reading): void {
  const parts = strings(name?.names);
  const written = parts.at(-1);
  const schema = parts.length > 1 ? parts.at(-2) : undefined;
  if (written === undefined || !reading.catalog.known || isSystemSchema(schema)) return;
  const path = reading.searchPath;
  const type = reading.catalog.typeNamed({ schema, name: written }, path);
  if (type === undefined) {
    // The row of a table is made of its columns' types.
    if (path !== 'unknown' || schema !== undefined) for (const column of reading.catalog.relation({ schema, name: written }, path === 'unknown' ? [] : path)?.columns ?? []) readColumnType(column.type, reading);
    return;
  }
  if (path === 'unknown' && schema === undefined) {
    reading.readsSession = true;
    reading.opaque('session-state', thing('type', parts), 'the search path is not known here: qualify the type', reading.at(name?.location));
    return;
  }
  readType(type, reading);
  wantType(type.written, reading);
  for (const cast of reading.catalog.casts) if (cast.target === type.written) readCast(cast, reading);
}
