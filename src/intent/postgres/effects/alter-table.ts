import type { AlterTableCmd, AlterTableStmt, AlterTableType, Constraint, RangeVar } from '@pgsql/types';
import type { RelationInfo } from '../../../core/catalog.ts';
import type { EntityRef } from '../../../core/resource.ts';
import { every, markChanged, nameOf, withHeirs } from '../changes.ts';
import { columnsOf } from '../from.ts';
import { noteOwnCode } from '../own-code.ts';
import { as } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { resolveRelation } from '../relations.ts';
import { objectKinds, thing } from '../resources.ts';
import { Scope } from '../scope.ts';
import { runForUpkeep } from '../stored-code.ts';
import { wantType } from '../types.ts';
import type { Readers } from './context.ts';
import { readDefault, readDefaultNow, readElements } from './elements.ts';
import { columnsFixed, isFixing } from './fixing.ts';

type TableChange = 'define' | 'grant' | 'destroy-column' | 'rewrite-column' | 'weaken';

/** Commands of ALTER TABLE that are more than a new definition; every other one, those of later grammars too, is that. */
const changes: { readonly [T in AlterTableType]?: TableChange } = {
  AT_DropColumn: 'destroy-column', AT_AlterColumnType: 'rewrite-column', AT_ChangeOwner: 'grant', AT_EnableRowSecurity: 'grant', AT_DisableRowSecurity: 'grant',
  AT_ForceRowSecurity: 'grant', AT_NoForceRowSecurity: 'grant', AT_DisableTrig: 'weaken', AT_DisableTrigAll: 'weaken', AT_DisableTrigUser: 'weaken',
  AT_DisableRule: 'weaken', AT_EnableReplicaTrig: 'weaken', AT_EnableReplicaRule: 'weaken',
};

/** After these other triggers and rules run. */
const enabling: ReadonlySet<AlterTableType> = new Set<AlterTableType>([
  'AT_EnableTrig', 'AT_EnableAlwaysTrig', 'AT_EnableReplicaTrig', 'AT_EnableTrigAll', 'AT_EnableTrigUser', 'AT_EnableRule', 'AT_EnableAlwaysRule', 'AT_EnableReplicaRule',
]);

/** After these the values of a column are others than they were. */
const filling: ReadonlySet<AlterTableType> = new Set<AlterTableType>(['AT_AlterColumnType', 'AT_SetExpression', 'AT_DropColumn']);

/** Commands whose name is a column's. */
const ofColumns: ReadonlySet<AlterTableType> = new Set<AlterTableType>([
  'AT_ColumnDefault', 'AT_CookedColumnDefault', 'AT_DropNotNull', 'AT_SetNotNull', 'AT_SetExpression', 'AT_DropExpression', 'AT_SetStatistics', 'AT_SetOptions', 'AT_ResetOptions', 'AT_SetStorage', 'AT_SetCompression',
  'AT_AddIdentity', 'AT_SetIdentity', 'AT_DropIdentity', 'AT_AlterColumnGenericOptions',
]);

/** Commands that say what belongs to a table: other partitions and children of it stay what they are. */
const belonging: ReadonlySet<AlterTableType> = new Set<AlterTableType>(['AT_AttachPartition', 'AT_DetachPartition', 'AT_DetachPartitionFinalize', 'AT_AddInherit', 'AT_DropInherit']);

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
  inner.entries.push({ alias: range.relname ?? '', schema: undefined, columns: columnsOf(info, reading), read: undefined, info, yields: 'all' });
  for (const node of statement.cmds ?? []) {
    const command = as(node, 'AlterTableCmd');
    if (command === undefined) continue;
    readCommand(command, ref, range.inh !== true || (command.subtype !== undefined && belonging.has(command.subtype)), reading);
    if (info !== undefined && command.subtype !== undefined && rewriting.has(command.subtype)) for (const column of info.columns) wantType(column.type, reading);
    if (info !== undefined && command.subtype !== undefined && rewriting.has(command.subtype)) runForUpkeep(info, ['check', 'generated', 'index', 'key'], reading);
    const partition = as(command.def, 'PartitionCmd')?.name ?? as(command.def, 'RangeVar');
    let leavesCode = false;
    if (partition !== undefined) reading.add('define', resolveRelation(partition, reading).ref);
    else if (command.def !== undefined) {
      const { def } = command;
      leavesCode = reading.repeatedly(() => {
        if (command.subtype === 'AT_ColumnDefault') readDefault(def, inner, reading);
        else readElements([def], readDefaultNow, inner, reading);
      });
    }
    if (info !== undefined) markTable(command, info, leavesCode, reading);
    else if (leavesCode && statement.objtype !== 'OBJECT_TYPE') noteOwnCode(ref.path, reading);
  }
  if (statement.objtype === 'OBJECT_TYPE') markComposite(statement, ref, reading);
}

/** Tables that are made of a type change with it, where CASCADE is written. */
function markComposite({ cmds }: AlterTableStmt, ref: EntityRef, reading: Reading): void {
  markChanged('type', [ref.path.at(-1) ?? ''], reading);
  if (cmds?.some((node) => as(node, 'AlterTableCmd')?.behavior === 'DROP_CASCADE') === true) markChanged('relation', [every], reading);
}

/** What is another thing from here on, and the catalog does not know of yet. */
function markTable(command: AlterTableCmd, info: RelationInfo, leavesCode: boolean, reading: Reading): void {
  const { subtype = 'AT_AddColumn', def, name = '', missing_ok: lenient = false } = command;
  const column = as(def, 'ColumnDef')?.colname;
  const parent = as(def, 'RangeVar');
  const heirs = withHeirs(info, reading);
  if (leavesCode || subtype === 'AT_AttachPartition' || (enabling.has(subtype) && !isEnabled(subtype, info))) markChanged('relation', heirs.map(nameOf), reading);
  if (subtype === 'AT_AddInherit' && parent !== undefined) {
    const other = resolveRelation(parent, reading, true).info;
    if (other !== undefined) markChanged('relation', [nameOf(other)], reading);
  }
  if (subtype === 'AT_AddColumn' && column !== undefined && !(lenient && info.columns.some((one) => one.name === column))) markChanged('column', heirs.map((one) => `${nameOf(one)}.${column}`), reading);
  if (subtype === 'AT_AddIdentity' || subtype === 'AT_DropIdentity') markChanged('sequences', [every], reading);
  if (filling.has(subtype)) markChanged('column', heirs.map((one) => `${nameOf(one)}.${name}`), reading);
  const constraint = as(def, 'Constraint');
  if (constraint?.contype === 'CONSTR_CHECK') markChanged('column', heirs.flatMap((one) => [...columnsFixed(constraint.raw_expr)].map((fixed) => `${nameOf(one)}.${fixed}`)), reading);
  const part = as(def, 'PartitionCmd');
  if (subtype === 'AT_AttachPartition' && part?.name !== undefined && isFixing(part.bound)) markPartition(part.name, reading);
  if (subtype === 'AT_DropConstraint' || subtype === 'AT_AlterConstraint' || takesIndex(constraint)) markChanged('keys', heirs.map(nameOf), reading);
}

/** Which of its columns are the key of what it is a partition of now, nobody knows. */
function markPartition(range: RangeVar, reading: Reading): void {
  const { info } = resolveRelation(range, reading, true);
  if (info !== undefined) markChanged('column', withHeirs(info, reading).flatMap((one) => one.columns.map(({ name }) => `${nameOf(one)}.${name}`)), reading);
}

/** All of its triggers run as it is. */
function isEnabled(subtype: AlterTableType, info: RelationInfo): boolean {
  return subtype.startsWith('AT_EnableTrig') && info.triggers.every(({ enabled }) => enabled);
}

/** `ADD PRIMARY KEY USING INDEX i DEFERRABLE` makes another thing of an index that was one. */
function takesIndex(constraint: Constraint | undefined): boolean {
  return constraint?.indexname !== undefined;
}

function readCommand(command: AlterTableCmd, ref: EntityRef, alone: boolean, reading: Reading): void {
  const column = command.name ?? '';
  const cascade = command.behavior === 'DROP_CASCADE' ? { note: 'and all that depends on it', alone } : { alone };
  switch (changeOf(command)) {
    case 'destroy-column':
      reading.add('destroy', ref.kind === 'table' ? thing('column', [...ref.path, column], ref.system) : ref, { extent: 'all', ...cascade });
      break;
    case 'rewrite-column':
      reading.add('define', ref, { columns: [column], reversible: false, alone, note: 'the column\'s values are rewritten' });
      break;
    case 'grant':
      reading.add('grant', ref, { note: command.subtype === 'AT_ChangeOwner' ? 'a new owner' : 'row security' });
      break;
    case 'weaken':
      reading.add('define', ref, { note: 'triggers or rules no longer run', alone });
      break;
    case 'define':
      reading.add('define', ref, { ...cascade, columns: command.name !== undefined && command.subtype !== undefined && ofColumns.has(command.subtype) ? [column] : [] });
      break;
  }
}

export const alterReaders: Readers<'AlterTableStmt'> = { AlterTableStmt: readAlterTable };
