import type { RangeVar } from '@pgsql/types';
import type { RelationInfo, TriggerInfo } from '../../core/catalog.ts';
import type { Extent } from '../../core/effect.ts';
import { addedColumns } from './changes.ts';
import { isBounded } from './drafts.ts';
import type { NodeKind } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import type { Grade, SelectResult } from './scope.ts';

/**
 * The rows that a statement has changed, as they were and as they are, under the names that a trigger gives them (REFERENCING). For the statements
 * of its function, and for no others, they go before relations of these names (src/backend/parser/parse_relation.c, scanNameSpaceForENR).
 */
export interface TransitionTables {
  /** The same for the same tables with the same rows, as far as these are told apart here. */
  readonly key: string;
  /** Undefined: not known yet, of a function that no trigger has. */
  readonly tables: ReadonlyMap<string, SelectResult> | undefined;
}

/** Of a function that is made before the trigger: what is no relation may be one of them. */
export const anyTables: TransitionTables = { key: 'any', tables: undefined };

/** Undefined where the trigger names none. `info`: its table, where the catalog knows it; `rows`: how many the statement changes. */
export function transitionTables({ oldTable, newTable }: Pick<TriggerInfo, 'oldTable' | 'newTable'>, info: RelationInfo | undefined, rows: { readonly extent: Extent; readonly grade?: Grade }, reading: Reading): TransitionTables | undefined {
  const names = [oldTable, newTable].filter((name) => name !== undefined);
  if (names.length === 0) return undefined;
  // What else the statement changes of the table, in a CTE or by a cascade, is in it, too.
  const extent = isBounded(rows.extent) ? 'bounded' : rows.extent;
  const grade = rows.extent === 'one' ? 'few' : rows.grade ?? 'count';
  const columns = info === undefined ? undefined : [...info.columns.map((column) => column.name), ...addedColumns(info, reading)];
  const shown: SelectResult = { extent, columns, limited: false, inner: 'no', grade };
  return { key: JSON.stringify([info?.oid, names, extent, grade]), tables: new Map(names.map((name) => [name, shown])) };
}

const unknownRows: SelectResult = { extent: 'unknown', columns: undefined, limited: false, inner: 'no', grade: 'count' };

function isKnown(name: string, { catalog, searchPath, state }: Reading): boolean {
  return !catalog.known || searchPath === 'unknown' || catalog.relation({ schema: undefined, name }, searchPath) !== undefined
    || [...state.ownRelations].some((own) => own.split('\0')[0]?.split('.').at(-1) === name);
}

/** What the name means there, if it means one. */
export function transitionTable({ schemaname, relname = '' }: RangeVar, reading: Reading): SelectResult | undefined {
  const { transition } = reading;
  if (transition === undefined || schemaname !== undefined) return undefined;
  if (transition.tables !== undefined) return transition.tables.get(relname);
  return isKnown(relname, reading) ? undefined : unknownRows;
}

/** Statements whose names the server looks up with them in sight. In all others they are not (PREPARE, DO, COPY, CREATE VIEW), or the server refuses. */
export const seesTransition: ReadonlySet<NodeKind> = new Set<NodeKind>(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'ExplainStmt', 'CreateTableAsStmt', 'PLAssignStmt']);
