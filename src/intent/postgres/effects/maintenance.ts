import type { Node, RangeVar } from '@pgsql/types';
import type { RelationInfo } from '../../../core/catalog.ts';
import type { Verb } from '../../../core/effect.ts';
import { as, strings } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { follow, resolveRelation } from '../relations.ts';
import { thing } from '../resources.ts';
import { runForUpkeep } from '../stored-code.ts';
import type { Readers } from './context.ts';

/** The whole database, where no relation is named. */
function onDatabase(verb: Verb, what: string, reading: Reading): void {
  reading.add(verb, thing('database', [reading.catalog.database ?? '*']), { extent: 'all', note: what });
}

function onRelations(verb: Verb, nodes: readonly Node[] | undefined, what: string, reading: Reading): void {
  for (const node of nodes ?? []) {
    const relation = as(node, 'VacuumRelation');
    const range: RangeVar | undefined = relation?.relation;
    if (range === undefined) continue;
    const columns = relation?.va_cols === undefined ? 'all' : strings(relation.va_cols);
    const { ref, info } = resolveRelation(range, reading);
    if (info !== undefined) runForUpkeep(info, ['index', 'statistics'], reading);
    reading.add(verb, ref, { extent: 'all', note: what, span: reading.at(range.location), columns: verb === 'read' ? columns : [] });
  }
}

/** The table of an index: of that name, in the schema that the name is found in, or in any. */
function withIndex(index: RangeVar, info: RelationInfo | undefined, reading: Reading): readonly RelationInfo[] {
  const schema = info?.schema ?? index.schemaname;
  if (schema === undefined) return [];
  return [...reading.catalog.inSchema(schema).relations].filter(({ code }) => code.some(({ kind, name }) => kind === 'index' && name === index.relname));
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
    if (statement.rels === undefined) onDatabase(vacuum ? 'execute' : 'read', what, reading);
    else onRelations(vacuum ? 'execute' : 'read', statement.rels, what, reading);
  },
  ReindexStmt: (statement, _scope, reading) => {
    const { relation, kind } = statement;
    if (relation !== undefined) {
      const { ref, info } = resolveRelation(relation, reading, kind === 'REINDEX_OBJECT_INDEX');
      for (const table of kind === 'REINDEX_OBJECT_INDEX' ? withIndex(relation, info, reading) : [info]) if (table !== undefined) runForUpkeep(table, ['index'], reading);
      reading.add('execute', info === undefined && kind === 'REINDEX_OBJECT_INDEX' ? { ...ref, kind: 'index' } : ref, { extent: 'all', note: 'upkeep: reindex' });
    } else if (kind === 'REINDEX_OBJECT_SCHEMA') reading.add('execute', thing('schema', [statement.name ?? '']), { extent: 'all', note: 'upkeep: reindex' });
    else onDatabase('execute', 'upkeep: reindex', reading);
  },
  ClusterStmt: (statement, _scope, reading) => {
    if (statement.relation === undefined) onDatabase('execute', 'upkeep: cluster', reading);
    else {
      const { ref, info } = resolveRelation(statement.relation, reading);
      if (info !== undefined) runForUpkeep(info, ['index'], reading);
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
