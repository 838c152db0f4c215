import type { CreateStmt, Node, RangeVar, TruncateStmt } from '@pgsql/types';
import type { RelationInfo } from '../../../core/catalog.ts';
import type { EntityRef } from '../../../core/resource.ts';
import { markChanged, nameOf, withHeirs } from '../changes.ts';
import { columnsOf } from '../from.ts';
import { noteOwnCode } from '../own-code.ts';
import { as } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { follow, relationRef, resolveRelation } from '../relations.ts';
import { thing } from '../resources.ts';
import { ownView } from '../session-state.ts';
import { runForUpkeep } from '../stored-code.ts';
import { readTypeName, wantType } from '../types.ts';
import { Scope } from '../scope.ts';
import type { Readers } from './context.ts';
import { createRelation, newRef } from './creation.ts';
import { inherit, readDefault, readElements } from './elements.ts';
import { readSelect } from './select.ts';

export function readCreateTable(statement: CreateStmt, reading: Reading): EntityRef | undefined {
  const range = statement.relation;
  if (range === undefined) return undefined;
  let heir = false;
  for (const node of statement.inhRelations ?? []) {
    const parent = as(node, 'RangeVar');
    if (parent === undefined) continue;
    const { ref, info } = resolveRelation(parent, reading);
    reading.add('define', ref, { span: reading.at(parent.location), note: 'it gets a child', alone: true });
    if (reading.repeatedly(() => { inherit(info, reading); })) heir = true;
    // A key of it holds for none of the child's rows; of a partition's, it does.
    if (info !== undefined && statement.partbound === undefined) markChanged('keys', [nameOf(info)], reading);
  }
  const ref = createRelation(range, reading);
  readTypeName(statement.ofTypename, reading);
  const scope = new Scope(undefined);
  scope.entries.push({ alias: range.relname ?? '', schema: undefined, columns: undefined, read: undefined, info: undefined, yields: 'all' });
  const leavesCode = reading.repeatedly(() => {
    readElements(statement.tableElts, readDefault, scope, reading);
    readElements(statement.constraints, readDefault, scope, reading);
  });
  if (heir || leavesCode) noteOwnCode(ref.path, reading);
  if (statement.partbound !== undefined) reading.expression({ PartitionBoundSpec: statement.partbound }, scope);
  if (statement.partspec !== undefined) reading.expression({ PartitionSpec: statement.partspec }, scope);
  return ref;
}

/** RESTART IDENTITY sets back what belongs to the table's columns. */
function restartSequences({ sequences }: RelationInfo, reading: Reading): void {
  for (const { sequence } of sequences ?? []) {
    const info = reading.catalog.relationByOid(sequence);
    reading.add('update', info === undefined ? thing('sequence', ['*']) : relationRef(info), { extent: 'one', note: 'it starts again' });
  }
}

function readTruncate({ relations, behavior, restart_seqs: restarts }: TruncateStmt, reading: Reading): void {
  const cascade = behavior === 'DROP_CASCADE';
  for (const node of relations ?? []) {
    const range = as(node, 'RangeVar');
    if (range === undefined) continue;
    const { ref, info } = resolveRelation(range, reading);
    const details = cascade ? { note: 'and all tables that reference it' } : {};
    reading.add('destroy', ref, { extent: 'all', span: reading.at(range.location), ...details });
    if (info === undefined) continue;
    if (restarts === true) restartSequences(info, reading);
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

export const tableReaders: Readers<'CreateStmt' | 'TruncateStmt' | 'CreateTableAsStmt' | 'ViewStmt' | 'IndexStmt' | 'RefreshMatViewStmt' | 'CreateForeignTableStmt' | 'CreateStatsStmt'> = {
  CreateStmt: (statement, _scope, reading) => { readCreateTable(statement, reading); },
  TruncateStmt: (statement, _scope, reading) => { readTruncate(statement, reading); },
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
    if (statement.replace === true && ref.path.length > 1) markChanged('relation', [ref.path.join('.')], reading);
  },
  IndexStmt: (statement, scope, reading) => {
    const { ref, info } = resolveRelation(statement.relation ?? {}, reading);
    const inner = new Scope(scope);
    inner.entries.push({ alias: statement.relation?.relname ?? '', schema: undefined, columns: columnsOf(info, reading), read: undefined, info, yields: 'all' });
    for (const column of info?.columns ?? []) wantType(column.type, reading);
    const leavesCode = reading.repeatedly(() => {
      reading.expressions(statement.indexParams, inner);
      reading.expression(statement.whereClause, inner);
    });
    if (leavesCode && info === undefined) noteOwnCode(ref.path, reading);
    else if (leavesCode && info !== undefined) markChanged('relation', withHeirs(info, reading).map(nameOf), reading);
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
        reading.writtenPath = [];
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

