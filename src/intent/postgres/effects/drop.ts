import type { DropStmt, Node, ObjectType } from '@pgsql/types';
import type { RelationInfo } from '../../../core/catalog.ts';
import { every, isUnsure, markChanged, markDropped, nameOf, withHeirs } from '../changes.ts';
import { as, listItems, strings } from '../parser/grammar.ts';
import type { Details } from '../drafts.ts';
import type { Reading } from '../reading.ts';
import { relationRef, resolveRelation } from '../relations.ts';
import { isSystemSchema, objectKinds, objectPath, objectRef, thing } from '../resources.ts';
import { forgetRelation } from '../session-state.ts';
import type { Readers } from './context.ts';

const relations = new Set(['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_FOREIGN_TABLE', 'OBJECT_INDEX', 'OBJECT_SEQUENCE']);

function cascades(behavior: string | undefined): Details {
  return behavior === 'DROP_CASCADE' ? { note: 'and all that depends on it' } : {};
}

/** A dropped relation, as the catalog knows it. */
function readDropRelation(statement: DropStmt, object: Node, reading: Reading): void {
  const path = objectPath(object);
  const name = path.at(-1) ?? '';
  const schema = path.length > 1 ? path.at(-2) : undefined;
  const kind = statement.removeType === undefined ? 'table' : objectKinds[statement.removeType];
  const range = { relname: name, relpersistence: 'p', location: -1, ...schema === undefined ? {} : { schemaname: schema } };
  // An index or a sequence that the catalog does not hold is as destroyed as one that it holds.
  const { ref, info } = resolveRelation(range, reading, statement.missing_ok === true || kind !== 'table');
  reading.add('destroy', info === undefined ? { ...ref, kind } : ref, { extent: 'all', ...cascades(statement.behavior) });
  // Whose index it is does not stand here.
  if (kind === 'index') markChanged('keys', [`${info?.schema ?? schema ?? ''}.${every}`, ...info === undefined && schema === undefined ? [every] : []], reading);
  else if (schema === undefined && reading.state.ownRelations.has(`pg_temp.${name}`)) dropTemporary(name, info, reading);
  else if (info !== undefined) noteDropped([info], reading);
  else if (schema !== undefined) forgetRelation([schema, name], reading);
  if (statement.behavior !== 'DROP_CASCADE' || info === undefined) return;
  dropDependants(info, reading);
}

/** What CASCADE takes along, as far as relations go: views of it, their views, partitions and heirs; foreign keys that point at it. */
function dropDependants(info: RelationInfo, reading: Reading): void {
  for (const reference of info.referencedBy) {
    reading.add('define', thing('table', [reference.schema, reference.table]), { note: 'a foreign key of it is dropped' });
  }
  reading.through(relationRef(info), `drop ${info.oid}`, () => {
    for (const oid of [...info.views, ...info.children]) {
      const dependant = reading.catalog.relationByOid(oid);
      if (dependant === undefined) {
        reading.opaque('unknown-relation', relationRef(info), 'something that depends on it is not in the catalog');
        continue;
      }
      reading.add('destroy', relationRef(dependant), { extent: 'all' });
      noteDropped([dependant], reading);
      dropDependants(dependant, reading);
    }
  });
}

/** A temporary relation stands before all others of its name, if there is one. */
function dropTemporary(name: string, hidden: RelationInfo | undefined, reading: Reading): void {
  const sure = !reading.inFunction && !isUnsure(name, reading);
  if (sure) forgetRelation(['pg_temp', name], reading);
  else if (hidden !== undefined) markChanged('relation', [nameOf(hidden)], reading);
}

/** From here on the names mean others, or what is made under them. Of a text of which a part may not run it is not known. */
function noteDropped(infos: readonly RelationInfo[], reading: Reading): void {
  const names = infos.map(nameOf);
  if (reading.inFunction || reading.via.some(({ kind }) => kind === 'function' || kind === 'trigger')) markChanged('relation', names, reading);
  else {
    for (const { schema, name } of infos) forgetRelation([schema, name], reading);
    markDropped(infos, reading);
  }
}

/** More than so many are not named one by one. */
const mostNamed = 256;

function dropSchema(name: string, reading: Reading): void {
  const { relations, functions } = reading.catalog.inSchema(name);
  const all = [...relations].filter(({ kind }) => kind !== 'index' && kind !== 'composite');
  noteDropped(all, reading);
  markChanged('function', [...functions].map((fn) => fn.name), reading);
  reading.through(thing('schema', [name], isSystemSchema(name)), `drop schema ${name}`, () => {
    for (const info of all.slice(0, mostNamed)) {
      reading.add('destroy', relationRef(info), { extent: 'all' });
      dropDependants(info, reading);
    }
    for (const fn of [...functions].slice(0, mostNamed)) reading.add('destroy', thing('function', [fn.schema, fn.name], false, String(fn.oid)), { extent: 'all' });
  });
}

const routines: ReadonlySet<ObjectType | undefined> = new Set<ObjectType>(['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE', 'OBJECT_AGGREGATE']);

/** What the name of one that there was means is another thing, once it is gone. */
function markGone(type: ObjectType | undefined, path: readonly string[], reading: Reading): void {
  const [name = '', schema] = path.toReversed();
  const { catalog, searchPath } = reading;
  if (routines.has(type) && (searchPath === 'unknown' || catalog.functions({ schema, name }, searchPath).length > 0)) markChanged('function', [name], reading);
  if ((type === 'OBJECT_TYPE' || type === 'OBJECT_DOMAIN') && catalog.typeNamed({ schema, name }, searchPath) !== undefined) markChanged('type', [name], reading);
}

/** Of a view that is no longer guarded by a trigger the server changes the table behind it. */
function markGuarded(table: readonly Node[], trigger: string | undefined, reading: Reading): void {
  const [relname = '', schemaname] = strings(table).toReversed();
  const { info } = resolveRelation({ relname, location: -1, ...schemaname === undefined ? {} : { schemaname } }, reading, true);
  if (info !== undefined && (trigger === undefined || info.triggers.some(({ name }) => name === trigger))) markChanged('relation', withHeirs(info, reading).map(nameOf), reading);
}

function readDrop(statement: DropStmt, reading: Reading): void {
  const { removeType } = statement;
  for (const object of statement.objects ?? []) {
    if (removeType !== undefined && relations.has(removeType)) readDropRelation(statement, object, reading);
    else if (removeType === 'OBJECT_POLICY' || removeType === 'OBJECT_TRIGGER' || removeType === 'OBJECT_RULE') {
      reading.add('destroy', objectRef(removeType, object), { extent: 'all', ...cascades(statement.behavior) });
      const table = listItems(object).slice(0, -1);
      // The guard of a table is part of it.
      if (table.length > 0) reading.add('define', objectRef('OBJECT_TABLE', { List: { items: table } }), { note: 'a trigger, rule or policy of it is dropped' });
      markGuarded(table, removeType === 'OBJECT_TRIGGER' ? objectPath(object).at(-1) : undefined, reading);
    } else {
      reading.add('destroy', objectRef(removeType, object), { extent: 'all', ...cascades(statement.behavior) });
      markGone(removeType, objectPath(object), reading);
    }
    if (removeType === 'OBJECT_SCHEMA' && statement.behavior === 'DROP_CASCADE') dropSchema(objectPath(object)[0] ?? '', reading);
  }
}

export const dropReaders: Readers<'DropStmt' | 'DropdbStmt' | 'DropTableSpaceStmt' | 'DropRoleStmt' | 'DropOwnedStmt' | 'DropSubscriptionStmt' | 'DropUserMappingStmt'> = {
  DropStmt: (statement, _scope, reading) => { readDrop(statement, reading); },
  DropdbStmt: (statement, _scope, reading) => {
    reading.add('destroy', thing('database', [statement.dbname ?? '']), { extent: 'all', outsideTransaction: true });
  },
  DropTableSpaceStmt: (statement, _scope, reading) => {
    reading.add('destroy', thing('tablespace', [statement.tablespacename ?? '']), { extent: 'all', outsideTransaction: true });
  },
  DropRoleStmt: (statement, _scope, reading) => {
    for (const node of statement.roles ?? []) reading.add('destroy', thing('role', [as(node, 'RoleSpec')?.rolename ?? '*']), { extent: 'all', span: reading.at(as(node, 'RoleSpec')?.location) });
  },
  DropOwnedStmt: (statement, _scope, reading) => {
    for (const node of statement.roles ?? []) {
      const role = as(node, 'RoleSpec');
      const ref = thing('role', [role?.rolename ?? '*']);
      reading.add('destroy', thing('database', [reading.catalog.database ?? '*']), { extent: 'unknown', note: 'all that a role owns in it' });
      markChanged('relation', [every], reading);
      reading.add('grant', ref, { span: reading.at(role?.location), note: 'its rights are taken away' });
    }
  },
  DropSubscriptionStmt: (statement, _scope, reading) => {
    reading.add('destroy', thing('subscription', [statement.subname ?? '']), { extent: 'all', outsideTransaction: true });
  },
  DropUserMappingStmt: (statement, _scope, reading) => {
    reading.add('destroy', thing('server', [statement.servername ?? '']), { extent: 'one', note: 'a user mapping of it' });
  },
};
