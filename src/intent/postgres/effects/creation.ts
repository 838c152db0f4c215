import type { RangeVar } from '@pgsql/types';
import type { EntityRef } from '../../../core/resource.ts';
import type { Reading } from '../reading.ts';
import { isSystemSchema, thing } from '../resources.ts';
import { ownRelation } from '../session-state.ts';

/** The name that a new object gets: in the schema that is written, the temporary one, or the first of a known search path. */
export function newRef(kind: EntityRef['kind'], range: RangeVar, reading: Reading): EntityRef {
  const name = range.relname ?? '';
  const path = reading.searchPath;
  const first = reading.catalog.known && path !== 'unknown' ? path.find((schema) => schema !== '$user') : undefined;
  const schema = range.relpersistence === 't' ? 'pg_temp' : range.schemaname ?? first;
  return thing(kind, schema === undefined ? [name] : [schema, name], isSystemSchema(schema));
}

/** CREATE TABLE and its kin: defines it, and the session knows it from here on. */
export function createRelation(range: RangeVar, reading: Reading): EntityRef {
  const ref = newRef('table', range, reading);
  if (range.schemaname === undefined && range.relpersistence !== 't' && reading.searchPath === 'unknown') {
    reading.readsSession = true;
    reading.opaque('session-state', ref, 'the search path is not known here: qualify the name', reading.at(range.location));
  }
  reading.add('define', ref, { span: reading.deed(range.location) });
  ownRelation(ref.path, reading);
  return ref;
}
