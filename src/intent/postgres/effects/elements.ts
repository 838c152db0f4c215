import type { Constraint, Node } from '@pgsql/types';
import type { RelationInfo } from '../../../core/catalog.ts';
import { markChanged, nameOf } from '../changes.ts';
import { as } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { resolveRelation } from '../relations.ts';
import { thing } from '../resources.ts';
import type { Scope } from '../scope.ts';
import { runForUpkeep } from '../stored-code.ts';
import { transitionTables } from '../transition.ts';
import { readTriggerFunction } from '../trigger-function.ts';
import { readTypeName, wantType } from '../types.ts';

export type ReadExpression = (expression: Node | undefined, scope: Scope, reading: Reading) => void;

/** Of a column that comes to a table with rows: it is worked out for each of them. */
export const readDefaultNow: ReadExpression = (expression, scope, reading) => { reading.expression(expression, scope); };

/**
 * What a default calls runs later, for whoever leaves the column out. A step of a sequence, which is what a serial column's default is, counts for
 * nobody who only defines it.
 */
export const readDefault: ReadExpression = (expression, scope, reading) => {
  const before = reading.drafts.length;
  reading.expression(expression, scope);
  reading.drafts = reading.drafts.filter(({ resource, verb, outsideTransaction }, i) => i < before || resource.kind !== 'sequence' || verb !== 'update' || outsideTransaction === true);
};

/** A new relation runs what another one runs: decided here, since the catalog does not know it while it is new. */
export function inherit(info: RelationInfo | undefined, reading: Reading): void {
  if (info === undefined) return;
  for (const column of info.columns) wantType(column.type, reading);
  runForUpkeep(info, ['default', 'generated', 'check', 'index', 'key'], reading);
  for (const trigger of info.triggers) reading.repeatedly(() => { readTriggerFunction(trigger.function, thing('trigger', [info.schema, info.name, trigger.name]), reading, transitionTables(trigger, info, { extent: 'unknown' }, reading)); });
}

/** Columns, defaults, checks and keys: the functions they call run later, on every row. */
export function readElements(nodes: readonly Node[] | undefined, ofDefault: ReadExpression, scope: Scope, reading: Reading): void {
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

const acting: ReadonlySet<string | undefined> = new Set(['c', 'n', 'd']);

function readConstraint(constraint: Constraint, ofDefault: ReadExpression, scope: Scope, reading: Reading): void {
  if (constraint.contype === 'CONSTR_DEFAULT') ofDefault(constraint.raw_expr, scope, reading);
  else reading.expression(constraint.raw_expr, scope);
  reading.expression(constraint.where_clause, scope);
  reading.expressions(constraint.exclusions, scope);
  const other = constraint.pktable;
  if (other === undefined) return;
  const columns = (constraint.pk_attrs ?? []).flatMap((node) => as(node, 'String')?.sval ?? []);
  const { ref, info } = resolveRelation(other, reading);
  reading.add('read', ref, { extent: 'all', columns, span: reading.at(other.location), note: 'referenced by a foreign key' });
  if (info === undefined) return;
  markChanged('referred', [nameOf(info)], reading);
  if (acting.has(constraint.fk_del_action) || acting.has(constraint.fk_upd_action)) markChanged('cascades', [nameOf(info)], reading);
}
