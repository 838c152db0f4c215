import type { Node, ObjectType } from '@pgsql/types';
import type { ResourceKind } from '../../../core/resource.ts';
import { as, listItems, strings } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { resolveRelation } from '../relations.ts';
import { named, objectKinds, objectPath, objectRef, thing } from '../resources.ts';
import { Scope } from '../scope.ts';
import { option, readFunctionInfo } from '../bodies.ts';
import type { Readers } from './context.ts';
import { markChanged, ownRelation } from '../session-state.ts';
import { newRef } from './creation.ts';
import { readType } from '../types.ts';

function define(kind: ResourceKind, path: readonly string[], reading: Reading, note?: string): void {
  reading.add('define', named(kind, path), note === undefined ? {} : { note });
}

function defineNames(kind: ResourceKind, names: readonly Node[] | undefined, reading: Reading): void {
  define(kind, strings(names), reading);
}

/** A trigger, rule or policy, and the table whose behaviour it changes. */
function defineOnTable(kind: ResourceKind, name: string | undefined, table: Node | undefined, reading: Reading): void {
  const range = as(table, 'RangeVar') ?? {};
  const { ref } = resolveRelation(range, reading);
  reading.add('define', thing(kind, [...ref.path, name ?? '']));
  reading.add('define', ref, { span: reading.at(range.location) });
}

/** An expression on the rows of a table that the server evaluates later: a policy's, a trigger's condition. */
function readRowExpressions(nodes: readonly (Node | undefined)[], table: Node | undefined, scope: Scope, reading: Reading): void {
  const range = as(table, 'RangeVar');
  const inner = new Scope(scope);
  for (const alias of [range?.relname ?? '', 'new', 'old']) inner.entries.push({ alias, schema: undefined, columns: undefined, read: undefined, info: undefined, yields: 'all' });
  reading.repeatedly(() => { for (const node of nodes) reading.expression(node, inner); });
}

/** A function that the server will call for this object: what it does is what the object does, later. */
function calls(name: readonly Node[] | undefined, reading: Reading): void {
  const parts = strings(name);
  if (parts.length === 0) return;
  reading.add('read', named('function', parts), { note: 'it will be called for this object' });
  const path = reading.searchPath;
  const schema = parts.length > 1 ? parts.at(-2) : undefined;
  const found = reading.catalog.functions({ schema, name: parts.at(-1) ?? '' }, path === 'unknown' ? [] : path);
  reading.repeatedly(() => { for (const fn of found) readFunctionInfo(fn, reading); });
}

/** Of an operator or an aggregate: what is a function. */
const definedBy = new Set(['function', 'procedure', 'restrict', 'join', 'sfunc', 'sfunc1', 'finalfunc', 'combinefunc', 'serialfunc', 'deserialfunc', 'msfunc', 'minvfunc', 'mfinalfunc']);

const routines: ReadonlySet<ObjectType> = new Set<ObjectType>(['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE', 'OBJECT_AGGREGATE']);

/** All that is in them goes by another name. */
function moveSchemas(names: readonly string[], reading: Reading): void {
  for (const name of names) {
    const { relations, functions } = reading.catalog.inSchema(name);
    for (const info of relations) markChanged('relation', `${info.schema}.${info.name}`, reading);
    for (const fn of functions) markChanged('function', fn.name, reading);
  }
}

type OtherKinds =
  | 'CreateSchemaStmt' | 'CreateTableSpaceStmt' | 'AlterTableSpaceOptionsStmt' | 'AlterTableMoveAllStmt' | 'CreateExtensionStmt' | 'AlterExtensionStmt'
  | 'AlterExtensionContentsStmt' | 'CreatePolicyStmt' | 'AlterPolicyStmt' | 'CreateAmStmt' | 'CreateTrigStmt' | 'CreateEventTrigStmt' | 'AlterEventTrigStmt'
  | 'CreatePLangStmt' | 'CreateSeqStmt' | 'AlterSeqStmt' | 'DefineStmt' | 'CreateDomainStmt' | 'AlterDomainStmt' | 'CreateOpClassStmt' | 'CreateOpFamilyStmt'
  | 'AlterOpFamilyStmt' | 'AlterOperatorStmt' | 'AlterTypeStmt' | 'AlterCollationStmt' | 'AlterStatsStmt' | 'RuleStmt' | 'CompositeTypeStmt' | 'CreateEnumStmt'
  | 'CreateRangeStmt' | 'AlterEnumStmt' | 'CreateConversionStmt' | 'CreateCastStmt' | 'CreateTransformStmt' | 'AlterTSDictionaryStmt' | 'AlterTSConfigurationStmt'
  | 'RenameStmt' | 'AlterObjectDependsStmt' | 'AlterObjectSchemaStmt' | 'CommentStmt';

export const otherReaders: Readers<OtherKinds> = {
  CreateSchemaStmt: (statement, scope, reading) => {
    define('schema', [statement.schemaname ?? statement.authrole?.rolename ?? '*'], reading);
    reading.nested++;
    for (const element of statement.schemaElts ?? []) reading.walks.statement(element, scope, reading);
    reading.nested--;
  },
  CreateTableSpaceStmt: (statement, _scope, reading) => {
    define('tablespace', [statement.tablespacename ?? ''], reading);
    reading.add('configure', thing('path', [statement.location ?? ''], true), { outsideTransaction: true });
  },
  AlterTableSpaceOptionsStmt: (statement, _scope, reading) => { define('tablespace', [statement.tablespacename ?? ''], reading); },
  AlterTableMoveAllStmt: (statement, _scope, reading) => { define('tablespace', [statement.orig_tablespacename ?? ''], reading, 'all in it is moved'); },
  CreateExtensionStmt: (statement, _scope, reading) => { define('extension', [statement.extname ?? ''], reading); },
  AlterExtensionStmt: (statement, _scope, reading) => { define('extension', [statement.extname ?? ''], reading); },
  AlterExtensionContentsStmt: (statement, _scope, reading) => {
    define('extension', [statement.extname ?? ''], reading);
    reading.add('define', objectRef(statement.objtype, statement.object));
  },
  CreatePolicyStmt: (statement, scope, reading) => {
    const table = statement.table === undefined ? undefined : { RangeVar: statement.table };
    defineOnTable('policy', statement.policy_name, table, reading);
    readRowExpressions([statement.qual, statement.with_check], table, scope, reading);
    reading.add('grant', resolveRelation(statement.table ?? {}, reading).ref, { note: 'row security' });
  },
  AlterPolicyStmt: (statement, scope, reading) => {
    const table = statement.table === undefined ? undefined : { RangeVar: statement.table };
    defineOnTable('policy', statement.policy_name, table, reading);
    readRowExpressions([statement.qual, statement.with_check], table, scope, reading);
    reading.add('grant', resolveRelation(statement.table ?? {}, reading).ref, { note: 'row security' });
  },
  CreateAmStmt: (statement, _scope, reading) => {
    define('access-method', [statement.amname ?? ''], reading);
    reading.opaque('untrusted-language', thing('access-method', [statement.amname ?? '']), 'an access method is code in the server');
  },
  CreateTrigStmt: (statement, scope, reading) => {
    const table = statement.relation === undefined ? undefined : { RangeVar: statement.relation };
    defineOnTable('trigger', statement.trigname, table, reading);
    readRowExpressions([statement.whenClause], table, scope, reading);
    calls(statement.funcname, reading);
  },
  CreateEventTrigStmt: (statement, _scope, reading) => {
    define('event-trigger', [statement.trigname ?? ''], reading);
    calls(statement.funcname, reading);
  },
  AlterEventTrigStmt: (statement, _scope, reading) => { define('event-trigger', [statement.trigname ?? ''], reading); },
  CreatePLangStmt: (statement, _scope, reading) => {
    define('language', [statement.plname ?? ''], reading);
    if (statement.pltrusted !== true) reading.opaque('untrusted-language', thing('language', [statement.plname ?? '']), 'functions in it may do anything');
  },
  CreateSeqStmt: (statement, _scope, reading) => {
    if (statement.sequence === undefined) return;
    const ref = newRef('sequence', statement.sequence, reading);
    reading.add('define', ref);
    ownRelation(ref.path, reading);
  },
  AlterSeqStmt: (statement, _scope, reading) => {
    const { ref, info } = resolveRelation(statement.sequence ?? {}, reading, true);
    reading.add('define', info === undefined ? { ...ref, kind: 'sequence' } : ref);
  },
  DefineStmt: (statement, _scope, reading) => {
    const kind = statement.kind === undefined ? 'type' : objectKinds[statement.kind];
    defineNames(kind, statement.defnames, reading);
    // An operator or an aggregate calls its functions wherever it stands, in an expression that shows nothing of it.
    if (statement.kind === 'OBJECT_OPERATOR' || statement.kind === 'OBJECT_AGGREGATE') {
      for (const node of statement.definition ?? []) {
        const element = as(node, 'DefElem');
        if (definedBy.has(element?.defname ?? '')) calls(as(element?.arg, 'TypeName')?.names ?? listItems(element?.arg), reading);
      }
    }
    // A base type's input and output functions are C.
    if (statement.kind === 'OBJECT_TYPE' && option(statement.definition, 'input') !== undefined) {
      reading.opaque('untrusted-language', named('type', strings(statement.defnames)), 'a base type is code in the server');
    }
  },
  CreateDomainStmt: (statement, scope, reading) => {
    defineNames('type', statement.domainname, reading);
    reading.repeatedly(() => { reading.expressions(statement.constraints, new Scope(scope)); });
  },
  AlterDomainStmt: (statement, scope, reading) => {
    defineNames('type', statement.typeName, reading);
    reading.repeatedly(() => {
      reading.expression(statement.def, new Scope(scope));
      // What the domain is asked of each value that is there.
      const [name, schema] = strings(statement.typeName).toReversed();
      const path = reading.searchPath;
      const type = reading.catalog.typeNamed({ schema, name: name ?? '' }, path);
      if (type !== undefined) readType(type, reading);
    });
  },
  CreateOpClassStmt: (statement, _scope, reading) => { defineNames('operator', statement.opclassname, reading); },
  CreateOpFamilyStmt: (statement, _scope, reading) => { defineNames('operator', statement.opfamilyname, reading); },
  AlterOpFamilyStmt: (statement, _scope, reading) => { defineNames('operator', statement.opfamilyname, reading); },
  AlterOperatorStmt: (statement, _scope, reading) => { defineNames('operator', statement.opername?.objname, reading); },
  AlterTypeStmt: (statement, _scope, reading) => { defineNames('type', statement.typeName, reading); },
  AlterCollationStmt: (statement, _scope, reading) => { defineNames('collation', statement.collname, reading); },
  AlterStatsStmt: (statement, _scope, reading) => { defineNames('statistics', statement.defnames, reading); },
  RuleStmt: (statement, scope, reading) => {
    defineOnTable('rule', statement.rulename, statement.relation === undefined ? undefined : { RangeVar: statement.relation }, reading);
    const inner = new Scope(scope);
    for (const alias of ['new', 'old']) inner.entries.push({ alias, schema: undefined, columns: [], read: undefined, info: undefined, yields: 'bounded' });
    const ref = thing('rule', [statement.relation?.relname ?? '', statement.rulename ?? '']);
    reading.through(ref, `rule ${statement.rulename ?? ''}`, () => {
      for (const action of statement.actions ?? []) reading.walks.statement(action, inner, reading);
    });
  },
  CompositeTypeStmt: (statement, _scope, reading) => { if (statement.typevar !== undefined) reading.add('define', newRef('type', statement.typevar, reading)); },
  CreateEnumStmt: (statement, _scope, reading) => { defineNames('type', statement.typeName, reading); },
  CreateRangeStmt: (statement, _scope, reading) => { defineNames('type', statement.typeName, reading); },
  AlterEnumStmt: (statement, _scope, reading) => { defineNames('type', statement.typeName, reading); },
  CreateConversionStmt: (statement, _scope, reading) => {
    defineNames('type', statement.conversion_name, reading);
    calls(statement.func_name, reading);
  },
  CreateCastStmt: (statement, _scope, reading) => {
    define('cast', [...strings(statement.sourcetype?.names), ...strings(statement.targettype?.names)], reading);
    calls(statement.func?.objname, reading);
  },
  CreateTransformStmt: (statement, _scope, reading) => { define('transform', [...strings(statement.type_name?.names), statement.lang ?? ''], reading); },
  AlterTSDictionaryStmt: (statement, _scope, reading) => { defineNames('text-search', statement.dictname, reading); },
  AlterTSConfigurationStmt: (statement, _scope, reading) => { defineNames('text-search', statement.cfgname, reading); },
  RenameStmt: (statement, _scope, reading) => {
    const { relation, renameType, subname } = statement;
    const note = 'a new name';
    if (renameType !== undefined && routines.has(renameType)) for (const name of [objectPath(statement.object).at(-1), statement.newname]) markChanged('function', name ?? '', reading);
    if (renameType === 'OBJECT_DOMAIN' || renameType === 'OBJECT_TYPE') markChanged('type', statement.newname ?? '', reading);
    if (relation !== undefined && reading.state.ownRelations.has(`pg_temp.${relation.relname ?? ''}`)) markChanged('relation', `pg_temp.${statement.newname ?? ''}`, reading);
    if (renameType === 'OBJECT_SCHEMA') moveSchemas([subname ?? '', statement.newname ?? ''], reading);
    if (relation === undefined) reading.add('define', objectRef(renameType, statement.object ?? (subname === undefined ? undefined : { String: { sval: subname } })), { note });
    else {
      const { ref, info } = resolveRelation(relation, reading, statement.missing_ok === true || renameType !== 'OBJECT_TABLE');
      const kind = renameType === undefined || info !== undefined || subname !== undefined ? ref.kind : objectKinds[renameType];
      if (info !== undefined && renameType !== 'OBJECT_COLUMN' && renameType !== 'OBJECT_TABCONSTRAINT' && renameType !== 'OBJECT_TRIGGER' && renameType !== 'OBJECT_RULE' && renameType !== 'OBJECT_POLICY') {
        markChanged('relation', `${info.schema}.${info.name}`, reading);
        markChanged('relation', `${info.schema}.${statement.newname ?? ''}`, reading);
      }
      reading.add('define', { ...ref, kind }, { note, columns: renameType === 'OBJECT_COLUMN' && subname !== undefined ? [subname] : [] });
    }
  },
  AlterObjectDependsStmt: (statement, _scope, reading) => {
    reading.add('define', statement.relation === undefined ? objectRef(statement.objectType, statement.object) : resolveRelation(statement.relation, reading, true).ref);
  },
  AlterObjectSchemaStmt: (statement, _scope, reading) => {
    const note = 'another schema';
    if (statement.objectType === 'OBJECT_DOMAIN' || statement.objectType === 'OBJECT_TYPE') markChanged('type', objectPath(statement.object).at(-1) ?? '', reading);
    if (statement.objectType !== undefined && routines.has(statement.objectType)) markChanged('function', objectPath(statement.object).at(-1) ?? '', reading);
    if (statement.relation === undefined) reading.add('define', objectRef(statement.objectType, statement.object), { note });
    else {
      const { ref, info } = resolveRelation(statement.relation, reading, statement.missing_ok === true);
      if (info !== undefined) {
        markChanged('relation', `${info.schema}.${info.name}`, reading);
        markChanged('relation', `${statement.newschema ?? ''}.${info.name}`, reading);
      }
      reading.add('define', info === undefined && statement.objectType !== undefined ? { ...ref, kind: objectKinds[statement.objectType] } : ref, { note });
    }
  },
  CommentStmt: (statement, _scope, reading) => {
    const ref = statement.objtype === 'OBJECT_COLUMN' || statement.objtype === undefined ? named('column', objectPath(statement.object)) : objectRef(statement.objtype, statement.object);
    reading.add('define', ref, { note: 'a comment' });
  },
};
