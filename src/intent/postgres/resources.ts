import type { Node, ObjectType } from '@pgsql/types';
import type { EntityRef, ResourceKind } from '../../core/resource.ts';
import { as, listItems, strings } from './parser/grammar.ts';

const systemSchemas = new Set(['pg_catalog', 'information_schema', 'pg_toast']);

export function isSystemSchema(schema: string | undefined): boolean {
  return schema !== undefined && systemSchemas.has(schema);
}

export function thing(kind: ResourceKind, path: readonly string[], system = false, id?: string): EntityRef {
  return id === undefined ? { kind, path, system } : { kind, path, system, id };
}

/** By qualified name; system when its schema is the server's own. A name of three parts starts with the database, which can only be the current one. */
export function named(kind: ResourceKind, parts: readonly string[]): EntityRef {
  const path = kind === 'table' && parts.length > 2 ? parts.slice(-2) : parts;
  return { kind, path, system: path.length > 1 && isSystemSchema(path[0]) };
}

export function sameResource(a: EntityRef, b: EntityRef): boolean {
  return a === b || (a.kind === b.kind && a.path.length === b.path.length && a.path.every((part, i) => part === b.path[i]));
}

/** What each kind of object is called in the words of core. A new kind of object breaks the build here. */
export const objectKinds: { readonly [K in ObjectType]: ResourceKind } = {
  OBJECT_ACCESS_METHOD: 'access-method', OBJECT_AGGREGATE: 'function', OBJECT_AMOP: 'operator', OBJECT_AMPROC: 'operator',
  OBJECT_ATTRIBUTE: 'type', OBJECT_CAST: 'cast', OBJECT_COLUMN: 'column', OBJECT_COLLATION: 'collation', OBJECT_CONVERSION: 'type',
  OBJECT_DATABASE: 'database', OBJECT_DEFAULT: 'column', OBJECT_DEFACL: 'role', OBJECT_DOMAIN: 'type', OBJECT_DOMCONSTRAINT: 'type',
  OBJECT_EVENT_TRIGGER: 'event-trigger', OBJECT_EXTENSION: 'extension', OBJECT_FDW: 'server', OBJECT_FOREIGN_SERVER: 'server',
  OBJECT_FOREIGN_TABLE: 'table', OBJECT_FUNCTION: 'function', OBJECT_INDEX: 'index', OBJECT_LANGUAGE: 'language',
  OBJECT_LARGEOBJECT: 'large-object', OBJECT_MATVIEW: 'table', OBJECT_OPCLASS: 'operator', OBJECT_OPERATOR: 'operator',
  OBJECT_OPFAMILY: 'operator', OBJECT_PARAMETER_ACL: 'setting', OBJECT_POLICY: 'policy', OBJECT_PROCEDURE: 'function',
  OBJECT_PUBLICATION: 'publication', OBJECT_PUBLICATION_NAMESPACE: 'publication', OBJECT_PUBLICATION_REL: 'publication', OBJECT_ROLE: 'role',
  OBJECT_ROUTINE: 'function', OBJECT_RULE: 'rule', OBJECT_SCHEMA: 'schema', OBJECT_SEQUENCE: 'sequence', OBJECT_SUBSCRIPTION: 'subscription',
  OBJECT_STATISTIC_EXT: 'statistics', OBJECT_TABCONSTRAINT: 'table', OBJECT_TABLE: 'table', OBJECT_TABLESPACE: 'tablespace',
  OBJECT_TRANSFORM: 'transform', OBJECT_TRIGGER: 'trigger', OBJECT_TSCONFIGURATION: 'text-search', OBJECT_TSDICTIONARY: 'text-search',
  OBJECT_TSPARSER: 'text-search', OBJECT_TSTEMPLATE: 'text-search', OBJECT_TYPE: 'type', OBJECT_USER_MAPPING: 'server', OBJECT_VIEW: 'table',
};

export function typePath(node: Node | undefined): string[] {
  return strings(as(node, 'TypeName')?.names);
}

/** The parts of the name of an object, in whichever form the grammar gives it for its kind. */
export function objectPath(object: Node | undefined): string[] {
  if (object === undefined) return [];
  const text = as(object, 'String')?.sval;
  if (text !== undefined) return [text];
  const signature = as(object, 'ObjectWithArgs');
  if (signature !== undefined) return strings(signature.objname);
  const range = as(object, 'RangeVar');
  if (range !== undefined) return [...range.schemaname === undefined ? [] : [range.schemaname], range.relname ?? ''];
  const type = as(object, 'TypeName');
  if (type !== undefined) return strings(type.names);
  return listItems(object).flatMap((item) => as(item, 'String') === undefined ? objectPath(item) : strings([item]));
}

export function objectRef(type: ObjectType | undefined, object: Node | undefined): EntityRef {
  return named(type === undefined ? 'statement' : objectKinds[type], objectPath(object));
}
