import type { Node } from '@pgsql/types';
import { alterReaders } from './effects/alter-table.ts';
import { copyReaders } from './effects/copy.ts';
import type { Readers } from './effects/context.ts';
import { otherReaders } from './effects/ddl-other.ts';
import { tableReaders } from './effects/ddl-table.ts';
import { dmlReaders } from './effects/dml.ts';
import { dropReaders } from './effects/drop.ts';
import { foreignReaders } from './effects/foreign.ts';
import { functionReaders } from './effects/function.ts';
import { maintenanceReaders } from './effects/maintenance.ts';
import { privilegeReaders } from './effects/privileges.ts';
import { renameReaders } from './effects/rename.ts';
import { selectReaders } from './effects/select.ts';
import { sessionReaders } from './effects/session.ts';
import { transactionReaders } from './effects/transaction.ts';
import { utilityReaders } from './effects/utility.ts';
import { followEventTriggers } from './event-triggers.ts';
import { as, kindOf, type NodeKind, type NodeMap, type StatementKind } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import type { Scope } from './scope.ts';
import { seesTransition } from './transition.ts';

/** Every statement of the grammar: one that is missing here, or is new in a grammar, does not compile. */
const readers: Readers<StatementKind> = {
  ...selectReaders, ...dmlReaders, ...tableReaders, ...alterReaders, ...renameReaders, ...otherReaders, ...dropReaders, ...privilegeReaders, ...copyReaders, ...functionReaders,
  ...sessionReaders, ...transactionReaders, ...utilityReaders, ...maintenanceReaders, ...foreignReaders,
};

type Reader = (statement: NodeMap[StatementKind], scope: Scope, reading: Reading) => void;

export function isStatementKind(kind: string): kind is StatementKind {
  return Object.hasOwn(readers, kind);
}

const alone: ReadonlySet<NodeKind> = new Set<NodeKind>(['CreatedbStmt', 'DropdbStmt', 'CreateTableSpaceStmt', 'DropTableSpaceStmt', 'AlterSystemStmt', 'CreateSubscriptionStmt', 'DropSubscriptionStmt']);

/** Statements that are refused in a transaction block, because they commit as they go (src/backend/tcop/utility.c, PreventInTransactionBlock). */
export function commitsItself(node: Node): boolean {
  const kind = kindOf(node);
  if (kind !== '' && alone.has(kind)) return true;
  if (as(node, 'DiscardStmt')?.target === 'DISCARD_ALL') return true;
  const reindex = as(node, 'ReindexStmt');
  if (reindex !== undefined) return reindex.relation === undefined || named(reindex.params, 'concurrently');
  const cluster = as(node, 'ClusterStmt');
  if (cluster !== undefined) return cluster.relation === undefined;
  const altered = as(node, 'AlterTableStmt')?.cmds?.some((item) => {
    const command = as(item, 'AlterTableCmd');
    return command?.subtype === 'AT_DetachPartitionFinalize' || as(command?.def, 'PartitionCmd')?.concurrent === true;
  });
  return altered === true || as(node, 'VacuumStmt')?.is_vacuumcmd === true || as(node, 'IndexStmt')?.concurrent === true || as(node, 'DropStmt')?.concurrent === true;
}

function named(options: readonly Node[] | undefined, name: string): boolean {
  return options?.some((option) => as(option, 'DefElem')?.defname === name) === true;
}

/** Reads one statement; what the table does not know is opaque. */
export function readStatement(node: Node, scope: Scope, reading: Reading): void {
  const kind = kindOf(node);
  if (!isStatementKind(kind)) {
    reading.notModelled(kind === '' ? 'statement' : kind);
    return;
  }
  reading.enter();
  const reader = readers[kind] as unknown as Reader; // reader and content share the key
  const before = reading.drafts.length;
  const { transition } = reading;
  if (!seesTransition.has(kind)) reading.transition = undefined;
  reader((node as NodeMap)[kind], scope, reading); // as above
  reading.transition = transition;
  if (commitsItself(node)) for (const draft of reading.drafts.slice(before)) if (draft.verb !== 'read') draft.outsideTransaction = true;
  followEventTriggers(node, reading);
  reading.leave();
}
