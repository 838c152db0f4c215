import type { A_Const, Node, TypeName } from '@pgsql/types';
import { as, strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { resolveColumn, type Scope } from './scope.ts';
import { builtinNames, isBuiltinName } from './type-names.ts';

/** The type of a text in quotes, and of NULL: it becomes what stands beside it. */
export const literal = 'literal';

/** The type of an expression, as `format_type` names it without modifiers. Undefined: not worked out. */
export function typeOf(node: Node | undefined, scope: Scope, reading: Reading): string | undefined {
  const constant = as(node, 'A_Const');
  if (constant !== undefined) return constantType(constant);
  const cast = as(node, 'TypeCast');
  if (cast !== undefined) return nameOf(cast.typeName, reading);
  const column = as(node, 'ColumnRef');
  if (column === undefined) return undefined;
  const found = resolveColumn(column, scope);
  if (found.kind !== 'column' || !found.certain) return undefined;
  return found.entry.info?.columns.find(({ name }) => name === found.column)?.type.replace(/\([^()"]*\)/, '');
}

function constantType(constant: A_Const): string | undefined {
  if (constant.isnull === true || constant.sval !== undefined) return literal;
  if (constant.ival !== undefined) return 'integer';
  if (constant.boolval !== undefined) return 'boolean';
  return undefined;
}

function nameOf(name: TypeName | undefined, reading: Reading): string | undefined {
  if (name === undefined || name.arrayBounds !== undefined) return undefined;
  const parts = strings(name.names);
  const written = parts.at(-1) ?? '';
  const schema = parts.length > 1 ? parts.at(-2) : undefined;
  if (schema === 'pg_catalog' || (schema === undefined && isBuiltinName(written, reading.searchPath))) return builtinNames.get(written);
  const own = reading.catalog.typeNamed({ schema, name: written }, reading.searchPath);
  return own === undefined && schema === undefined ? builtinNames.get(written) : own?.written;
}
