import type { Node, RangeVar } from '@pgsql/types';
import type { RelationInfo, StoredCode } from '../../../core/catalog.ts';
import type { Verb } from '../../../core/effect.ts';
import type { EntityRef } from '../../../core/resource.ts';
import { withHeirs } from '../changes.ts';
import { withIndex } from '../named-tables.ts';
import { as, strings } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { follow, resolveRelation } from '../relations.ts';
import { thing } from '../resources.ts';
import { runForUpkeep } from '../stored-code.ts';
import type { Readers } from './context.ts';

/** Relations of which each that runs code of its own is named. */
const mostNamed = 128;

/** What upkeep works out for each row of each of them, and of their children. Beyond so many that do anything nothing is known. */
function runForAll(relations: Iterable<RelationInfo>, kinds: readonly StoredCode['kind'][], of: EntityRef, reading: Reading): void {
  let named = 0;
  for (const info of relations) {
    const before = reading.drafts.length;
    for (const one of withHeirs(info, reading)) runForUpkeep(one, kinds, reading);
    if (reading.drafts.length === before || ++named <= mostNamed) continue;
    reading.opaque('not-modelled', of, 'more relations run code of their own than are followed: name those that are meant');
    return;
  }
}

/** The whole database, where no relation is named. */
function onDatabase(verb: Verb, what: string, kinds: readonly StoredCode['kind'][], reading: Reading): void {
  const ref = thing('database', [reading.catalog.database ?? '*']);
  reading.add(verb, ref, { extent: 'all', note: what });
  runForAll(reading.catalog.relations ?? [], kinds, ref, reading);
}

const ofIndexes: readonly StoredCode['kind'][] = ['index'];
const ofStatistics: readonly StoredCode['kind'][] = ['index', 'statistics'];

function onRelations(verb: Verb, nodes: readonly Node[] | undefined, what: string, reading: Reading): void {
  for (const node of nodes ?? []) {
    const relation = as(node, 'VacuumRelation');
    const range: RangeVar | undefined = relation?.relation;
    if (range === undefined) continue;
    const columns = relation?.va_cols === undefined ? 'all' : strings(relation.va_cols);
    const { ref, info } = resolveRelation(range, reading);
    if (info !== undefined) runForAll([info], ofStatistics, ref, reading);
    reading.add(verb, ref, { extent: 'all', note: what, span: reading.at(range.location), columns: verb === 'read' ? columns : [] });
  }
}

/** Lock modes up to here exclude nothing but DDL (lockdefs.h: AccessShareLock 1, RowShareLock 2). */
const sharedLock = 2;

/** What a view reads is locked with it, and the children of a table (documentation, LOCK). */
function lockBehind(info: RelationInfo, range: RangeVar, shared: boolean, reading: Reading): void {
  const { drafts, via } = reading;
  reading.drafts = [];
  follow(info, { event: 'select', extent: 'all', columns: [], only: range.inh !== true }, reading);
  const behind = reading.drafts;
  reading.drafts = drafts;
  for (const { verb, resource, via: way, ...details } of behind) {
    if (verb !== 'opaque' && (verb !== 'read' || resource.kind !== 'table')) continue;
    reading.via = way;
    if (verb === 'opaque') reading.add(verb, resource, details);
    else if (shared) reading.add('read', resource, { note: 'a shared lock' });
    else reading.add('execute', thing('lock', resource.path, resource.system), { extent: 'all', note: 'others wait' });
  }
  reading.via = via;
}

/**
 * Upkeep changes nothing that a statement can see: ANALYZE is a read (of a sample, into statistics), VACUUM, REINDEX and CLUSTER are
 * `execute` on the table. So neither needs the justification of a schema change, while a policy can still name them.
 */
export const maintenanceReaders: Readers<'VacuumStmt' | 'ReindexStmt' | 'ClusterStmt' | 'CheckPointStmt' | 'LockStmt' | 'LoadStmt'> = {
  VacuumStmt: (statement, _scope, reading) => {
    const vacuum = statement.is_vacuumcmd === true;
    const what = vacuum ? 'upkeep: vacuum' : 'upkeep: analyze';
    if (statement.rels === undefined) onDatabase(vacuum ? 'execute' : 'read', what, ofStatistics, reading);
    else onRelations(vacuum ? 'execute' : 'read', statement.rels, what, reading);
  },
  ReindexStmt: (statement, _scope, reading) => {
    const { relation, kind } = statement;
    if (relation !== undefined) {
      const { ref, info } = resolveRelation(relation, reading, kind === 'REINDEX_OBJECT_INDEX');
      for (const table of kind === 'REINDEX_OBJECT_INDEX' ? withIndex(relation.relname ?? '', info?.schema ?? relation.schemaname, reading) : [info]) if (table !== undefined) runForAll([table], ofIndexes, ref, reading);
      reading.add('execute', info === undefined && kind === 'REINDEX_OBJECT_INDEX' ? { ...ref, kind: 'index' } : ref, { extent: 'all', note: 'upkeep: reindex' });
    } else if (kind === 'REINDEX_OBJECT_SCHEMA') {
      const ref = thing('schema', [statement.name ?? '']);
      reading.add('execute', ref, { extent: 'all', note: 'upkeep: reindex' });
      runForAll(reading.catalog.inSchema(statement.name ?? '').relations, ofIndexes, ref, reading);
    } else onDatabase('execute', 'upkeep: reindex', kind === 'REINDEX_OBJECT_SYSTEM' ? [] : ofIndexes, reading);
  },
  ClusterStmt: (statement, _scope, reading) => {
    if (statement.relation === undefined) onDatabase('execute', 'upkeep: cluster', ofIndexes, reading);
    else {
      const { ref, info } = resolveRelation(statement.relation, reading);
      if (info !== undefined) runForAll([info], ofIndexes, ref, reading);
      reading.add('execute', ref, { extent: 'all', note: 'upkeep: cluster' });
    }
  },
  CheckPointStmt: (_statement, _scope, reading) => { reading.add('execute', thing('process', ['checkpoint'], true), { outsideTransaction: true }); },
  LockStmt: (statement, _scope, reading) => {
    for (const node of statement.relations ?? []) {
      const range = as(node, 'RangeVar');
      if (range === undefined) continue;
      const { ref, info } = resolveRelation(range, reading);
      const span = reading.at(range.location);
      const shared = (statement.mode ?? 0) <= sharedLock;
      if (shared) reading.add('read', ref, { span, note: 'a shared lock' });
      else reading.add('execute', thing('lock', ref.path, ref.system), { extent: 'all', span, note: 'others wait' });
      if (info !== undefined) lockBehind(info, range, shared, reading);
    }
  },
  LoadStmt: (statement, _scope, reading) => {
    reading.add('execute', thing('path', [statement.filename ?? ''], true), { reversible: false, outsideTransaction: true, note: 'code is loaded into the server' });
    reading.opaque('untrusted-language', thing('path', [statement.filename ?? ''], true), 'what the loaded code does cannot be read');
  },
};
