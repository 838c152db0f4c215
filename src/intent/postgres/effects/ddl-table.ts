import type { AlterTableCmd, AlterTableStmt, AlterTableType, Constraint, CreateStmt, Node, RangeVar } from '@pgsql/types';
import type { RelationInfo } from '../../../core/catalog.ts';
import type { EntityRef } from '../../../core/resource.ts';
import { as } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { follow, resolveRelation } from '../relations.ts';
import { objectKinds, thing } from '../resources.ts';
import { markChanged, ownView } from '../session-state.ts';
import { runForUpkeep } from '../stored-code.ts';
import { readTriggerFunction } from '../trigger-function.ts';
import { readTypeName, wantType } from '../types.ts';
import { Scope } from '../scope.ts';
import type { Readers } from './context.ts';
import { createRelation, newRef } from './creation.ts';
import { readSelect } from './select.ts';

type ReadExpression = (expression: Node | undefined, scope: Scope, reading: Reading) => void;

/** Of a column that comes to a table with rows: it is worked out for each of them. */
const readDefaultNow: ReadExpression = (expression, scope, reading) => { reading.expression(expression, scope); };

/**
 * What a default calls runs later, for whoever leaves the column out. A step of a sequence, which is what a serial column's default is, counts for
 * nobody who only defines it.
 */
const readDefault: ReadExpression = (expression, scope, reading) => {
  const before = reading.drafts.length;
  reading.expression(expression, scope);
  reading.drafts = reading.drafts.filter(({ resource, verb, outsideTransaction }, i) => i < before || resource.kind !== 'sequence' || verb !== 'update' || outsideTransaction === true);
};

/** A new relation runs what another one runs: decided here, since the catalog does not know it while it is new. */
function inherit(info: RelationInfo | undefined, reading: Reading): void {
  if (info === undefined) return;
  for (const column of info.columns) wantType(column.type, reading);
  runForUpkeep(info, ['default', 'generated', 'check', 'index', 'key'], reading);
  for (const trigger of info.triggers) reading.repeatedly(() => { readTriggerFunction(trigger.function, thing('trigger', [info.schema, info.name, trigger.name]), reading); });
}

/** Defaults, checks and keys: the functions they call run later, on every row. */
function readElements(nodes: readonly Node[] | undefined, ofDefault: ReadExpression, scope: Scope, reading: Reading): void {
  for (const node of nodes ?? []) {
    const column = as(node, 'ColumnDef');
    const constraint = as(node, 'Constraint');
    const like = as(node, 'TableLikeClause');
    if (column !== undefined) {
      readTypeName(column.typeName, reading);
      ofDefault(column.raw_default, scope, reading);
      readElements(column.constraints, ofDefault, scope, reading);
    } else if (constraint !== undefined) readConstraint(constraint, ofDefault, scope, reading);
    else if (like?.relation !== undefined) {
      const { ref, info } = resolveRelation(like.relation, reading);
      reading.add('read', ref, { span: reading.at(like.relation.location), note: 'its definition' });
      inherit(info, reading);
    }
    else reading.expression(node, scope);
  }
}

function readConstraint(constraint: Constraint, ofDefault: ReadExpression, scope: Scope, reading: Reading): void {
  if (constraint.contype === 'CONSTR_DEFAULT') ofDefault(constraint.raw_expr, scope, reading);
  else reading.expression(constraint.raw_expr, scope);
  reading.expression(constraint.where_clause, scope);
  reading.expressions(constraint.exclusions, scope);
  const other = constraint.pktable;
  if (other !== undefined) {
    const columns = (constraint.pk_attrs ?? []).flatMap((node) => as(node, 'String')?.sval ?? []);
    reading.add('read', resolveRelation(other, reading).ref, { extent: 'all', columns, span: reading.at(other.location), note: 'referenced by a foreign key' });
  }
}

export function readCreateTable(statement: CreateStmt, reading: Reading): EntityRef | undefined {
  const range = statement.relation;
  if (range === undefined) return undefined;
  for (const node of statement.inhRelations ?? []) {
    const parent = as(node, 'RangeVar');
    if (parent === undefined) continue;
    const { ref, info } = resolveRelation(parent, reading);
    reading.add('define', ref, { span: reading.at(parent.location), note: 'it gets a child' });
    inherit(info, reading);
  }
  const ref = createRelation(range, reading);
  readTypeName(statement.ofTypename, reading);
  const scope = new Scope(undefined);
  scope.entries.push({ alias: range.relname ?? '', schema: undefined, columns: undefined, read: undefined, info: undefined, yields: 'all' });
  reading.repeatedly(() => {
    readElements(statement.tableElts, readDefault, scope, reading);
    readElements(statement.constraints, readDefault, scope, reading);
  });
  if (statement.partbound !== undefined) reading.expression({ PartitionBoundSpec: statement.partbound }, scope);
  if (statement.partspec !== undefined) reading.expression({ PartitionSpec: statement.partspec }, scope);
  return ref;
}

type TableChange = 'define' | 'grant' | 'destroy-column' | 'rewrite-column' | 'weaken';

/** Commands of ALTER TABLE that are more than a new definition; every other one, those of later grammars too, is that. */
const changes: { readonly [T in AlterTableType]?: TableChange } = {
  AT_DropColumn: 'destroy-column', AT_AlterColumnType: 'rewrite-column', AT_ChangeOwner: 'grant', AT_EnableRowSecurity: 'grant', AT_DisableRowSecurity: 'grant',
  AT_ForceRowSecurity: 'grant', AT_NoForceRowSecurity: 'grant', AT_DisableTrig: 'weaken', AT_DisableTrigAll: 'weaken', AT_DisableTrigUser: 'weaken',
  AT_DisableRule: 'weaken', AT_EnableReplicaTrig: 'weaken', AT_EnableReplicaRule: 'weaken',
};

const enabling: ReadonlySet<AlterTableType> = new Set<AlterTableType>(['AT_EnableTrig', 'AT_EnableAlwaysTrig', 'AT_EnableTrigAll', 'AT_EnableTrigUser', 'AT_EnableRule', 'AT_EnableAlwaysRule']);

/** Commands that may write every row anew, or look at each. */
const rewriting: ReadonlySet<AlterTableType> = new Set<AlterTableType>(['AT_AddColumn', 'AT_AlterColumnType', 'AT_AddConstraint', 'AT_AddIndex', 'AT_AddIndexConstraint', 'AT_ValidateConstraint', 'AT_AttachPartition', 'AT_SetExpression', 'AT_SetAccessMethod', 'AT_SetTableSpace', 'AT_SetLogged', 'AT_SetUnLogged']);

function changeOf(command: AlterTableCmd): TableChange {
  return (command.subtype === undefined ? undefined : changes[command.subtype]) ?? 'define';
}

function readAlterTable(statement: AlterTableStmt, scope: Scope, reading: Reading): void {
  const range = statement.relation ?? {};
  const { ref: resolved, info } = resolveRelation(range, reading, statement.missing_ok === true || statement.objtype !== 'OBJECT_TABLE');
  const kind = statement.objtype === undefined ? 'table' : objectKinds[statement.objtype];
  const ref = info === undefined ? { ...resolved, kind } : resolved;
  const inner = new Scope(scope);
  inner.entries.push({ alias: range.relname ?? '', schema: undefined, columns: info?.columns.map((column) => column.name), read: undefined, info, yields: 'all' });
  for (const node of statement.cmds ?? []) {
    const command = as(node, 'AlterTableCmd');
    if (command === undefined) continue;
    readCommand(command, ref, reading);
    markHanging(command, info, reading);
    if (info !== undefined && command.subtype !== undefined && rewriting.has(command.subtype)) for (const column of info.columns) wantType(column.type, reading);
    if (info !== undefined && command.subtype !== undefined && rewriting.has(command.subtype)) runForUpkeep(info, ['check', 'generated', 'index', 'key'], reading);
    const partition = as(command.def, 'PartitionCmd')?.name ?? as(command.def, 'RangeVar');
    if (partition !== undefined) reading.add('define', resolveRelation(partition, reading).ref);
    else if (command.def !== undefined) {
      const { def } = command;
      reading.repeatedly(() => {
        if (command.subtype === 'AT_ColumnDefault') readDefault(def, inner, reading);
        else readElements([def], readDefaultNow, inner, reading);
      });
    }
  }
}

/** What hangs on a relation from here on, and the catalog does not know of yet. */
function markHanging(command: AlterTableCmd, info: RelationInfo | undefined, reading: Reading): void {
  const { subtype = 'AT_AddColumn', def } = command;
  const constraint = as(def, 'Constraint');
  const parent = as(def, 'RangeVar');
  const changed = [
    ...constraint?.pktable === undefined || ![constraint.fk_del_action, constraint.fk_upd_action].some((action) => action === 'c' || action === 'n' || action === 'd') ? [] : [resolveRelation(constraint.pktable, reading, true).info],
    ...subtype === 'AT_AddInherit' && parent !== undefined ? [resolveRelation(parent, reading, true).info] : [],
    ...subtype === 'AT_AttachPartition' || enabling.has(subtype) ? [info] : [],
  ];
  for (const one of changed) if (one !== undefined) markChanged('relation', `${one.schema}.${one.name}`, reading);
}

function readCommand(command: AlterTableCmd, ref: EntityRef, reading: Reading): void {
  const column = command.name ?? '';
  const cascade = command.behavior === 'DROP_CASCADE' ? { note: 'and all that depends on it' } : {};
  switch (changeOf(command)) {
    case 'destroy-column':
      reading.add('destroy', thing(ref.kind === 'table' ? 'column' : ref.kind, [...ref.path, column], ref.system), { extent: 'all', ...cascade });
      break;
    case 'rewrite-column':
      reading.add('define', ref, { columns: [column], reversible: false, note: 'the column\'s values are rewritten' });
      break;
    case 'grant':
      reading.add('grant', ref, { note: command.subtype === 'AT_ChangeOwner' ? 'a new owner' : 'row security' });
      break;
    case 'weaken':
      reading.add('define', ref, { note: 'triggers or rules no longer run' });
      break;
    case 'define':
      reading.add('define', ref, cascade);
      break;
  }
}

function readTruncate(nodes: readonly Node[] | undefined, cascade: boolean, reading: Reading): void {
  for (const node of nodes ?? []) {
    const range = as(node, 'RangeVar');
    if (range === undefined) continue;
    const { ref, info } = resolveRelation(range, reading);
    const details = cascade ? { note: 'and all tables that reference it' } : {};
    reading.add('destroy', ref, { extent: 'all', span: reading.at(range.location), ...details });
    if (info === undefined) continue;
    follow(info, { event: 'truncate', extent: 'all', columns: 'all', only: range.inh !== true, cascade }, reading);
  }
}

/** CREATE TABLE AS, CREATE MATERIALIZED VIEW, SELECT INTO: the query's reads go into a new relation. */
function readCreateAs(query: Node | undefined, rel: RangeVar | undefined, scope: Scope, reading: Reading): void {
  reading.nested++;
  reading.expression(query, scope);
  reading.nested--;
  if (rel !== undefined) createRelation(rel, reading);
}

export const tableReaders: Readers<'CreateStmt' | 'AlterTableStmt' | 'TruncateStmt' | 'CreateTableAsStmt' | 'ViewStmt' | 'IndexStmt' | 'RefreshMatViewStmt' | 'CreateForeignTableStmt' | 'CreateStatsStmt'> = {
  CreateStmt: (statement, _scope, reading) => { readCreateTable(statement, reading); },
  AlterTableStmt: readAlterTable,
  TruncateStmt: (statement, _scope, reading) => { readTruncate(statement.relations, statement.behavior === 'DROP_CASCADE', reading); },
  CreateTableAsStmt: (statement, scope, reading) => { readCreateAs(statement.query, statement.into?.rel, scope, reading); },
  ViewStmt: (statement, scope, reading) => {
    const select = as(statement.query, 'SelectStmt');
    const { state } = reading;
    reading.nested++;
    if (select !== undefined) readSelect(select, scope, reading);
    reading.nested--;
    // Its query does not run now.
    reading.state = state;
    if (statement.view === undefined) return;
    const ref = newRef('table', statement.view, reading);
    reading.add('define', ref, { span: reading.deed(statement.view.location) });
    ownView(ref.path, reading);
    if (statement.replace === true && ref.path.length > 1) markChanged('relation', ref.path.join('.'), reading);
  },
  IndexStmt: (statement, scope, reading) => {
    const { ref, info } = resolveRelation(statement.relation ?? {}, reading);
    const inner = new Scope(scope);
    inner.entries.push({ alias: statement.relation?.relname ?? '', schema: undefined, columns: info?.columns.map((column) => column.name), read: undefined, info, yields: 'all' });
    for (const column of info?.columns ?? []) wantType(column.type, reading);
    reading.repeatedly(() => {
      reading.expressions(statement.indexParams, inner);
      reading.expression(statement.whereClause, inner);
    });
    const schema = ref.path.length > 1 ? ref.path.slice(0, -1) : [];
    if (statement.idxname !== undefined) reading.add('define', thing('index', [...schema, statement.idxname]));
    reading.add('define', ref);
  },
  RefreshMatViewStmt: (statement, _scope, reading) => {
    const { ref, info } = resolveRelation(statement.relation ?? {}, reading);
    // Its rows are what its query says at any time; without data nobody can read it until they are made again.
    if (statement.skipData === true) reading.add('update', ref, { extent: 'all', columns: 'all', reversible: true });
    else reading.add('execute', ref, { extent: 'all', note: 'upkeep: refresh' });
    if (info !== undefined) runForUpkeep(info, ['index'], reading);
    if (info !== undefined && info.definition === undefined) reading.opaque('parser-failed', ref, 'the definition of the materialized view could not be read');
    if (info?.definition !== undefined) {
      reading.through(ref, `refresh ${info.oid}`, () => {
        reading.pathOverride = [];
        reading.walks.text(info.definition ?? '', reading);
      });
    }
  },
  CreateForeignTableStmt: (statement, _scope, reading) => {
    const ref = statement.base === undefined ? undefined : readCreateTable(statement.base, reading);
    if (ref !== undefined) reading.add('export', ref, { sink: 'network', note: 'what is written to it goes to another server' });
    reading.add('read', thing('server', [statement.servername ?? '']));
  },
  CreateStatsStmt: (statement, scope, reading) => {
    for (const node of statement.relations ?? []) {
      const range = as(node, 'RangeVar');
      if (range !== undefined) reading.add('define', resolveRelation(range, reading).ref, { span: reading.at(range.location) });
    }
    const names = (statement.defnames ?? []).flatMap((node) => as(node, 'String')?.sval ?? []);
    if (names.length > 0) reading.add('define', thing('statistics', names));
    reading.expressions(statement.exprs, new Scope(scope));
  },
};

