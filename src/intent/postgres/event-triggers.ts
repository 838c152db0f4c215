import type { Node, ObjectType } from '@pgsql/types';
import { every, isChanged } from './changes.ts';
import { as, kindOf, type StatementKind } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { thing } from './resources.ts';
import { readTriggerFunction } from './trigger-function.ts';

/**
 * Commands that set off no event trigger (PostgreSQL 18 documentation, section 38.1 and chapter "Event Trigger Firing Matrix" of older ones): those that
 * define nothing, and those on objects that all databases share. A kind that a later grammar brings does set them off.
 */
const silent: ReadonlySet<StatementKind> = new Set<StatementKind>([
  'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'TransactionStmt', 'VariableSetStmt', 'VariableShowStmt', 'DiscardStmt', 'PrepareStmt', 'ExecuteStmt',
  'DeallocateStmt', 'DeclareCursorStmt', 'FetchStmt', 'ClosePortalStmt', 'NotifyStmt', 'ListenStmt', 'UnlistenStmt', 'CopyStmt', 'ExplainStmt', 'VacuumStmt',
  'CallStmt', 'DoStmt', 'CheckPointStmt', 'LockStmt', 'LoadStmt', 'ConstraintsSetStmt', 'TruncateStmt', 'ClusterStmt', 'PLAssignStmt', 'ReturnStmt',
  'CreatedbStmt', 'DropdbStmt', 'AlterDatabaseStmt', 'AlterDatabaseSetStmt', 'AlterDatabaseRefreshCollStmt', 'CreateRoleStmt', 'AlterRoleStmt', 'AlterRoleSetStmt',
  'DropRoleStmt', 'GrantRoleStmt', 'CreateTableSpaceStmt', 'DropTableSpaceStmt', 'AlterTableSpaceOptionsStmt', 'AlterSystemStmt', 'CreateEventTrigStmt', 'AlterEventTrigStmt',
]);

const objectWords: { readonly [T in ObjectType]?: string } = { OBJECT_MATVIEW: 'MATERIALIZED VIEW', OBJECT_TABCONSTRAINT: 'TABLE', OBJECT_COLUMN: '' };

function words(type: ObjectType | undefined): string | undefined {
  return type === undefined ? undefined : objectWords[type] ?? type.replace('OBJECT_', '').replaceAll('_', ' ');
}

/** The command's tag where it can be told from its kind alone; undefined: a trigger for any tag counts. */
function tagOf(node: Node): string | undefined {
  const dropped = as(node, 'DropStmt');
  if (dropped !== undefined) return `DROP ${words(dropped.removeType)}`;
  const altered = as(node, 'AlterTableStmt');
  if (altered !== undefined) return `ALTER ${words(altered.objtype)}`;
  const made = as(node, 'DefineStmt');
  if (made !== undefined) return `CREATE ${words(made.kind)}`;
  // It makes a table of its own on the way, and drops it.
  if (as(node, 'RefreshMatViewStmt')?.concurrent === true) return undefined;
  const fn = as(node, 'CreateFunctionStmt');
  if (fn !== undefined) return fn.is_procedure === true ? 'CREATE PROCEDURE' : 'CREATE FUNCTION';
  return tags[kindOf(node)];
}

const tags: { readonly [kind: string]: string | undefined } = {
  CreateTrigStmt: 'CREATE TRIGGER', CreateDomainStmt: 'CREATE DOMAIN', CreateEnumStmt: 'CREATE TYPE', CompositeTypeStmt: 'CREATE TYPE', CreateRangeStmt: 'CREATE TYPE',
  ReindexStmt: 'REINDEX', RuleStmt: 'CREATE RULE', CreateCastStmt: 'CREATE CAST', CreateOpClassStmt: 'CREATE OPERATOR CLASS', CreatePolicyStmt: 'CREATE POLICY', CreateStatsStmt: 'CREATE STATISTICS', CreateStmt: 'CREATE TABLE', ViewStmt: 'CREATE VIEW', IndexStmt: 'CREATE INDEX', CreateSeqStmt: 'CREATE SEQUENCE', CommentStmt: 'COMMENT', RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
};

/** Only what removes objects sets off `sql_drop`, and only what may rewrite a table `table_rewrite`. */
const removes = /^(?:Drop|Alter)/;

/** What the event triggers of the database do around a command that defines something. */
export function followEventTriggers(node: Node, reading: Reading): void {
  const triggers = reading.catalog.eventTriggers;
  const isNew = isChanged('events', every, reading);
  if (triggers.length === 0 && !isNew) return;
  const kind = kindOf(node);
  if (kind === '' || (silent as ReadonlySet<string>).has(kind)) return;
  const select = as(node, 'SelectStmt');
  if (select !== undefined && select.intoClause === undefined) return;
  if (isNew) reading.opaque('session-state', thing('statement', ['event-trigger']), 'this transaction has changed what runs with each command: end it first');
  const tag = tagOf(node);
  for (const trigger of triggers) {
    if (!trigger.enabled || trigger.event === 'login') continue;
    if (tag !== undefined && !tag.endsWith(' ') && trigger.tags.length > 0 && !trigger.tags.includes(tag)) continue;
    if ((trigger.event === 'sql_drop' || trigger.event === 'table_rewrite') && !removes.test(kind) && as(node, 'RefreshMatViewStmt')?.concurrent !== true) continue;
    const way = thing('event-trigger', [trigger.name]);
    reading.through(way, `event trigger ${trigger.name}`, () => { readTriggerFunction(trigger.function, way, reading); });
  }
}
