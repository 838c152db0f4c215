import type { CommentStmt, CreateTrigStmt, Node, RangeVar } from '@pgsql/types';
import type { FunctionInfo, TriggerInfo } from '../../../core/catalog.ts';
import type { EntityRef, ResourceKind } from '../../../core/resource.ts';
import { as, listItems, strings } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { resolveRelation } from '../relations.ts';
import { named, objectKinds, objectPath, objectRef, thing } from '../resources.ts';
import { Scope } from '../scope.ts';
import { option, readFunctionInfo } from '../bodies.ts';
import type { Readers } from './context.ts';
import { every, isChanged, markChanged, nameOf, withHeirs } from '../changes.ts';
import { noteOwnCode, noteOwnTrigger, noteOwnType } from '../own-code.ts';
import { ownRelation } from '../session-state.ts';
import { newRef } from './creation.ts';
import { readDomainValues } from './domain-values.ts';
import { transitionTables, type TransitionTables } from '../transition.ts';
import { readType, readTypeName } from '../types.ts';

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

/** The table runs something else from here on. */
function markTable(range: RangeVar | undefined, reading: Reading): void {
  const { ref, info } = resolveRelation(range ?? {}, reading, true);
  if (info === undefined) noteOwnCode(ref.path, reading);
  else markChanged('relation', withHeirs(info, reading).map(nameOf), reading);
}

/** The bits of a trigger's events (TRIGGER_TYPE_* in src/include/catalog/pg_trigger.h). */
const triggerBits = { insert: 4, delete: 8, update: 16, truncate: 32 } as const;
const triggerEvents = ['insert', 'delete', 'update', 'truncate'] as const;

function tableNames({ transitionRels }: CreateTrigStmt): Pick<TriggerInfo, 'oldTable' | 'newTable'> {
  const tables = (transitionRels ?? []).flatMap((node) => as(node, 'TriggerTransition') ?? []);
  const [oldTable, newTable] = [false, true].map((isNew) => tables.find((table) => (table.isNew === true) === isNew)?.name);
  return { ...oldTable === undefined ? {} : { oldTable }, ...newTable === undefined ? {} : { newTable } };
}

/** Of a trigger on a relation of the session's own the catalog will never know, where that is temporary. */
function noteTrigger(statement: CreateTrigStmt, reading: Reading): void {
  const { relation, events = 0, funcname, whenClause } = statement;
  const { ref, info } = resolveRelation(relation ?? {}, reading, true);
  if (info !== undefined) {
    markTable(relation, reading);
    return;
  }
  const found = functionsNamed(funcname, reading);
  const fired = triggerEvents.filter((event) => (events & triggerBits[event]) !== 0);
  const [fn, ...others] = found;
  if (fn === undefined || others.length > 0 || whenClause !== undefined || isChanged('function', fn.name, reading)) noteOwnCode(ref.path, reading);
  else noteOwnTrigger(ref.path, fired, fn.oid, tableNames(statement), reading);
}

/** An expression on the rows of a table that the server evaluates later: a policy's, a trigger's condition. */
function readRowExpressions(nodes: readonly (Node | undefined)[], table: Node | undefined, scope: Scope, reading: Reading): void {
  const range = as(table, 'RangeVar');
  const inner = new Scope(scope);
  for (const alias of [range?.relname ?? '', 'new', 'old']) inner.entries.push({ alias, schema: undefined, columns: undefined, read: undefined, info: undefined, yields: 'all' });
  reading.repeatedly(() => { for (const node of nodes) reading.expression(node, inner); });
}

/** A function that the server will call for this object: what it does is what the object does, later. `tables`: what it will see, as a trigger's. */
function calls(name: readonly Node[] | undefined, reading: Reading, tables?: TransitionTables): void {
  const parts = strings(name);
  if (parts.length === 0) return;
  reading.add('read', named('function', parts), { note: 'it will be called for this object' });
  const found = functionsNamed(name, reading);
  // One that this transaction has made was decided as it was made.
  reading.repeatedly(() => { for (const fn of found) if (!isChanged('function', fn.name, reading)) readFunctionInfo(fn, reading, tables); });
}

function functionsNamed(name: readonly Node[] | undefined, reading: Reading): readonly FunctionInfo[] {
  const parts = strings(name);
  const path = reading.searchPath;
  const schema = parts.length > 1 ? parts.at(-2) : undefined;
  return reading.catalog.functions({ schema, name: parts.at(-1) ?? '' }, path === 'unknown' ? [] : path);
}

/** Of an operator or an aggregate: what is a function. */
const definedBy = new Set(['function', 'procedure', 'restrict', 'join', 'sfunc', 'sfunc1', 'finalfunc', 'combinefunc', 'serialfunc', 'deserialfunc', 'msfunc', 'minvfunc', 'mfinalfunc']);

/** A new type may stand before another one of its name, in another schema. */
function markShadowing(names: readonly Node[] | undefined, reading: Reading): void {
  const [name = '', written] = strings(names).toReversed();
  const { catalog, searchPath: path } = reading;
  const schema = written ?? (path === 'unknown' ? undefined : path.find((one) => one !== '$user'));
  if (schema !== undefined && catalog.typeNamed({ schema, name }, []) !== undefined) return;
  if (catalog.typeNamed({ schema: undefined, name }, 'unknown') !== undefined) markChanged('type', [name], reading);
}

/** A constraint is a part of its table or domain. */
function commented({ objtype, object }: CommentStmt, reading: Reading): EntityRef {
  const path = objectPath(object);
  if (objtype === 'OBJECT_TABCONSTRAINT') {
    const [relname = '', schemaname] = path.slice(0, -1).toReversed();
    return resolveRelation({ relname, ...schemaname === undefined ? {} : { schemaname } }, reading, true).ref;
  }
  if (objtype === 'OBJECT_DOMCONSTRAINT') return named('type', path.slice(0, -1));
  return objtype === 'OBJECT_COLUMN' || objtype === undefined ? named('column', path) : objectRef(objtype, object);
}

/** OWNED BY. */
function markOwner(options: readonly Node[] | undefined, reading: Reading): void {
  if (option(options, 'owned_by') !== undefined) markChanged('sequences', [every], reading);
}

type OtherKinds =
  | 'CreateSchemaStmt' | 'CreateTableSpaceStmt' | 'AlterTableSpaceOptionsStmt' | 'AlterTableMoveAllStmt' | 'CreateExtensionStmt' | 'AlterExtensionStmt'
  | 'AlterExtensionContentsStmt' | 'CreatePolicyStmt' | 'AlterPolicyStmt' | 'CreateAmStmt' | 'CreateTrigStmt' | 'CreateEventTrigStmt' | 'AlterEventTrigStmt'
  | 'CreatePLangStmt' | 'CreateSeqStmt' | 'AlterSeqStmt' | 'DefineStmt' | 'CreateDomainStmt' | 'AlterDomainStmt' | 'CreateOpClassStmt' | 'CreateOpFamilyStmt'
  | 'AlterOpFamilyStmt' | 'AlterOperatorStmt' | 'AlterTypeStmt' | 'AlterCollationStmt' | 'AlterStatsStmt' | 'RuleStmt' | 'CompositeTypeStmt' | 'CreateEnumStmt'
  | 'CreateRangeStmt' | 'AlterEnumStmt' | 'CreateConversionStmt' | 'CreateCastStmt' | 'CreateTransformStmt' | 'AlterTSDictionaryStmt' | 'AlterTSConfigurationStmt'
  | 'AlterObjectDependsStmt' | 'CommentStmt';

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
  CreateExtensionStmt: (statement, _scope, reading) => {
    define('extension', [statement.extname ?? ''], reading);
    const schema = as(option(statement.options, 'schema'), 'String')?.sval;
    if (schema !== undefined) define('schema', [schema], reading, 'it gets what the extension has');
  },
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
    markTable(statement.table, reading);
  },
  AlterPolicyStmt: (statement, scope, reading) => {
    const table = statement.table === undefined ? undefined : { RangeVar: statement.table };
    defineOnTable('policy', statement.policy_name, table, reading);
    readRowExpressions([statement.qual, statement.with_check], table, scope, reading);
    reading.add('grant', resolveRelation(statement.table ?? {}, reading).ref, { note: 'row security' });
    markTable(statement.table, reading);
  },
  CreateAmStmt: (statement, _scope, reading) => {
    define('access-method', [statement.amname ?? ''], reading);
    reading.opaque('untrusted-language', thing('access-method', [statement.amname ?? '']), 'an access method is code in the server');
  },
  CreateTrigStmt: (statement, scope, reading) => {
    const table = statement.relation === undefined ? undefined : { RangeVar: statement.relation };
    defineOnTable('trigger', statement.trigname, table, reading);
    readRowExpressions([statement.whenClause], table, scope, reading);
    const { info } = resolveRelation(statement.relation ?? {}, reading, true);
    calls(statement.funcname, reading, transitionTables(tableNames(statement), info, { extent: 'unknown' }, reading));
    noteTrigger(statement, reading);
  },
  CreateEventTrigStmt: (statement, _scope, reading) => {
    define('event-trigger', [statement.trigname ?? ''], reading);
    calls(statement.funcname, reading);
    markChanged('events', [every], reading);
  },
  AlterEventTrigStmt: (statement, _scope, reading) => {
    define('event-trigger', [statement.trigname ?? ''], reading);
    markChanged('events', [every], reading);
  },
  CreatePLangStmt: (statement, _scope, reading) => {
    define('language', [statement.plname ?? ''], reading);
    if (statement.pltrusted !== true) reading.opaque('untrusted-language', thing('language', [statement.plname ?? '']), 'functions in it may do anything');
  },
  CreateSeqStmt: (statement, _scope, reading) => {
    if (statement.sequence === undefined) return;
    const ref = newRef('sequence', statement.sequence, reading);
    reading.add('define', ref);
    ownRelation(ref.path, reading);
    markOwner(statement.options, reading);
  },
  AlterSeqStmt: (statement, _scope, reading) => {
    const { ref, info } = resolveRelation(statement.sequence ?? {}, reading, true);
    reading.add('define', info === undefined ? { ...ref, kind: 'sequence' } : ref);
    markOwner(statement.options, reading);
  },
  DefineStmt: (statement, _scope, reading) => {
    const kind = statement.kind === undefined ? 'type' : objectKinds[statement.kind];
    defineNames(kind, statement.defnames, reading);
    const made = statement.kind === 'OBJECT_OPERATOR' ? 'operator' : statement.kind === 'OBJECT_AGGREGATE' ? 'function' : undefined;
    if (made !== undefined) markChanged(made, [strings(statement.defnames).at(-1) ?? ''], reading);
    // An operator or an aggregate calls its functions wherever it stands, in an expression that shows nothing of it.
    if (statement.kind === 'OBJECT_OPERATOR' || statement.kind === 'OBJECT_AGGREGATE') {
      for (const node of statement.definition ?? []) {
        const element = as(node, 'DefElem');
        // The other one points back from now on; where there is none, it is made.
        if (element?.defname === 'commutator' || element?.defname === 'negator') defineNames('operator', listItems(element.arg), reading);
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
    const leavesCode = reading.repeatedly(() => {
      readTypeName(statement.typeName, reading);
      reading.expressions(statement.constraints, new Scope(scope));
    });
    if (leavesCode) noteOwnType(strings(statement.domainname), reading);
    if (leavesCode) markChanged('type', [strings(statement.domainname).at(-1) ?? ''], reading);
    else markShadowing(statement.domainname, reading);
  },
  AlterDomainStmt: (statement, scope, reading) => {
    defineNames('type', statement.typeName, reading);
    const leavesCode = reading.repeatedly(() => { reading.expression(statement.def, new Scope(scope)); });
    reading.repeatedly(() => {
      // What the domain is asked of each value that is there.
      const [name, schema] = strings(statement.typeName).toReversed();
      const path = reading.searchPath;
      const type = reading.catalog.typeNamed({ schema, name: name ?? '' }, path);
      if (type !== undefined) readType(type, reading);
    });
    if (leavesCode) markChanged('type', [strings(statement.typeName).at(-1) ?? ''], reading);
    readDomainValues(statement, reading);
  },
  CreateOpClassStmt: (statement, _scope, reading) => { defineNames('operator', statement.opclassname, reading); },
  CreateOpFamilyStmt: (statement, _scope, reading) => { defineNames('operator', statement.opfamilyname, reading); },
  AlterOpFamilyStmt: (statement, _scope, reading) => { defineNames('operator', statement.opfamilyname, reading); },
  AlterOperatorStmt: (statement, _scope, reading) => { defineNames('operator', statement.opername?.objname, reading); },
  AlterTypeStmt: (statement, _scope, reading) => {
    defineNames('type', statement.typeName, reading);
    markChanged('type', [strings(statement.typeName).at(-1) ?? ''], reading);
  },
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
    markTable(statement.relation, reading);
  },
  CompositeTypeStmt: (statement, _scope, reading) => {
    if (statement.typevar === undefined) return;
    reading.add('define', newRef('type', statement.typevar, reading));
    markShadowing([{ String: { sval: statement.typevar.relname ?? '' } }], reading);
  },
  CreateEnumStmt: (statement, _scope, reading) => {
    defineNames('type', statement.typeName, reading);
    markShadowing(statement.typeName, reading);
  },
  CreateRangeStmt: (statement, _scope, reading) => {
    defineNames('type', statement.typeName, reading);
    markShadowing(statement.typeName, reading);
  },
  AlterEnumStmt: (statement, _scope, reading) => { defineNames('type', statement.typeName, reading); },
  CreateConversionStmt: (statement, _scope, reading) => {
    defineNames('type', statement.conversion_name, reading);
    calls(statement.func_name, reading);
  },
  CreateCastStmt: (statement, _scope, reading) => {
    define('cast', [...strings(statement.sourcetype?.names), ...strings(statement.targettype?.names)], reading);
    calls(statement.func?.objname, reading);
    markChanged('cast', [every], reading);
  },
  CreateTransformStmt: (statement, _scope, reading) => { define('transform', [...strings(statement.type_name?.names), statement.lang ?? ''], reading); },
  AlterTSDictionaryStmt: (statement, _scope, reading) => { defineNames('text-search', statement.dictname, reading); },
  AlterTSConfigurationStmt: (statement, _scope, reading) => { defineNames('text-search', statement.cfgname, reading); },
  AlterObjectDependsStmt: (statement, _scope, reading) => {
    reading.add('define', statement.relation === undefined ? objectRef(statement.objectType, statement.object) : resolveRelation(statement.relation, reading, true).ref);
  },
  CommentStmt: (statement, _scope, reading) => {
    reading.add('define', commented(statement, reading), { note: 'a comment' });
  },
};
