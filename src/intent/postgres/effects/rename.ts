import type { ObjectType } from '@pgsql/types';
import { every, markChanged, markRenamed, nameOf, withHeirs } from '../changes.ts';
import type { ResourceKind } from '../../../core/resource.ts';
import type { Reading } from '../reading.ts';
import { resolveRelation } from '../relations.ts';
import { isSystemSchema, objectKinds, objectPath, objectRef, thing } from '../resources.ts';
import type { Readers } from './context.ts';

const routines: ReadonlySet<ObjectType> = new Set<ObjectType>(['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE', 'OBJECT_AGGREGATE']);

/** What hangs on a table, and whose name means nothing to who reads it. */
const ofTables: ReadonlySet<ObjectType> = new Set<ObjectType>(['OBJECT_TABCONSTRAINT', 'OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY']);

/** All that is in them goes by another name. */
function moveSchemas(names: readonly string[], reading: Reading): void {
  for (const name of names) {
    const { relations, functions } = reading.catalog.inSchema(name);
    markChanged('relation', [...relations].map(nameOf), reading);
    markChanged('function', [...functions].map((fn) => fn.name), reading);
  }
}

/** With its table each column goes by another name. */
function renamedColumns(kind: ResourceKind, renameType: ObjectType | undefined, subname: string | undefined): readonly string[] | 'all' {
  if (renameType === 'OBJECT_COLUMN' && subname !== undefined) return [subname];
  return kind === 'table' && (renameType === undefined || !ofTables.has(renameType)) ? 'all' : [];
}

export const renameReaders: Readers<'RenameStmt' | 'AlterObjectSchemaStmt'> = {
  RenameStmt: (statement, _scope, reading) => {
    const { relation, renameType, subname } = statement;
    const note = 'a new name';
    const names = [objectPath(statement.object).at(-1) ?? '', statement.newname ?? ''];
    if (renameType !== undefined && routines.has(renameType)) markChanged('function', names, reading);
    if (renameType === 'OBJECT_DOMAIN' || renameType === 'OBJECT_TYPE') markChanged('type', names, reading);
    if (renameType === 'OBJECT_ATTRIBUTE') {
      markChanged('type', [relation?.relname ?? ''], reading);
      // Tables that are made of it follow.
      if (statement.behavior === 'DROP_CASCADE') markChanged('relation', [every], reading);
    }
    if (relation !== undefined && reading.state.ownRelations.has(`pg_temp.${relation.relname ?? ''}`)) markChanged('relation', [`pg_temp.${statement.newname ?? ''}`], reading);
    if (renameType === 'OBJECT_SCHEMA') moveSchemas([subname ?? '', statement.newname ?? ''], reading);
    if (relation === undefined) reading.add('define', objectRef(renameType, statement.object ?? (subname === undefined ? undefined : { String: { sval: subname } })), { note, ...(renameType === 'OBJECT_SCHEMA' ? { extent: 'all' } : {}) });
    else {
      const { ref, info } = resolveRelation(relation, reading, statement.missing_ok === true || renameType !== 'OBJECT_TABLE');
      const kind = renameType === undefined || info !== undefined || subname !== undefined ? ref.kind : objectKinds[renameType];
      if (info !== undefined && renameType === 'OBJECT_COLUMN') markRenamed(withHeirs(info, reading), subname ?? '', statement.newname ?? '', reading);
      else if (info !== undefined && (renameType === undefined || !ofTables.has(renameType))) markChanged('relation', [nameOf(info), `${info.schema}.${statement.newname ?? ''}`], reading);
      reading.add('define', { ...ref, kind }, { note, columns: renamedColumns(kind, renameType, subname) });
    }
  },
  AlterObjectSchemaStmt: (statement, _scope, reading) => {
    const note = 'another schema';
    const name = objectPath(statement.object).at(-1) ?? '';
    if (statement.objectType === 'OBJECT_DOMAIN' || statement.objectType === 'OBJECT_TYPE') markChanged('type', [name], reading);
    if (statement.objectType === 'OBJECT_OPERATOR') markChanged('operator', [name], reading);
    if (statement.objectType !== undefined && routines.has(statement.objectType)) markChanged('function', [name], reading);
    // The schema that it goes to gets what it had not.
    if (statement.newschema !== undefined) reading.add('define', thing('schema', [statement.newschema], isSystemSchema(statement.newschema)), { note: 'it gets what was elsewhere' });
    if (statement.relation === undefined) reading.add('define', objectRef(statement.objectType, statement.object), { note });
    else {
      const { ref, info } = resolveRelation(statement.relation, reading, statement.missing_ok === true);
      if (info !== undefined) markChanged('relation', [nameOf(info), `${statement.newschema ?? ''}.${info.name}`], reading);
      reading.add('define', info === undefined && statement.objectType !== undefined ? { ...ref, kind: objectKinds[statement.objectType] } : ref, { note, columns: ref.kind === 'table' && statement.objectType !== 'OBJECT_SEQUENCE' ? 'all' : [] });
    }
  },
};
