import type { AlterDomainStmt, Node } from '@pgsql/types';
import type { RelationInfo, TypeInfo } from '../../../core/catalog.ts';
import { markChanged, nameOf } from '../changes.ts';
import { as, strings } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { relationRef } from '../relations.ts';
import { columnsFixed } from './fixing.ts';

/** ADD CONSTRAINT, VALIDATE CONSTRAINT, SET NOT NULL (src/backend/parser/gram.y, AlterDomainStmt): each value that is there is looked at. */
const looksAtValues: ReadonlySet<string> = new Set(['C', 'V', 'O']);
const kept: ReadonlySet<RelationInfo['kind']> = new Set(['table', 'partitioned', 'materialized-view', 'foreign-table']);

/** What an ALTER DOMAIN reads: the columns that hold the domain's values, also inside of arrays, composites and other domains. */
export function readDomainValues({ subtype, typeName, def }: AlterDomainStmt, reading: Reading): void {
  if (!looksAtValues.has(subtype ?? '')) return;
  const domain = typeOf(typeName, reading);
  if (domain === undefined) return;
  const holds = holding(domain, reading);
  const fixes = columnsFixed(as(def, 'Constraint')?.raw_expr).size > 0;
  for (const relation of reading.catalog.relations ?? []) {
    if (!kept.has(relation.kind)) continue;
    const columns = relation.columns.filter(({ type }) => holds(reading.catalog.typeWritten(type))).map(({ name }) => name);
    if (fixes) markChanged('column', columns.map((column) => `${nameOf(relation)}.${column}`), reading);
    if (columns.length > 0) reading.add('read', relationRef(relation), { extent: 'all', columns });
  }
}

function typeOf(written: readonly Node[] | undefined, reading: Reading): TypeInfo | undefined {
  const [name = '', schema] = strings(written).toReversed();
  return reading.catalog.typeNamed({ schema, name }, reading.searchPath);
}

/** Whether a type is that one or is made of it. */
function holding(domain: TypeInfo, { catalog }: Reading): (type: TypeInfo | undefined) => boolean {
  const known = new Map<number, boolean>([[domain.oid, true]]);
  const holds = (type: TypeInfo | undefined): boolean => {
    if (type === undefined) return false;
    const found = known.get(type.oid);
    if (found !== undefined) return found;
    // While it is being asked it is taken not to: no type is made of itself.
    known.set(type.oid, false);
    const made = type.types.some((part) => holds(catalog.typeByOid(part)));
    known.set(type.oid, made);
    return made;
  };
  return holds;
}
