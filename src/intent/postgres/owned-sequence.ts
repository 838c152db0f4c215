import type { FuncCall, Node } from '@pgsql/types';
import type { RelationInfo } from '../../core/catalog.ts';
import { isChanged } from './changes.ts';
import { regclassPath } from './functions/regclass.ts';
import { as, strings } from './parser/grammar.ts';
import type { Reading } from './reading.ts';

const texts: ReadonlySet<string> = new Set(['text', 'varchar', 'unknown']);
const namesOfRelations: ReadonlySet<string> = new Set([...texts, 'regclass']);

/** What stands under casts to these, which leave it as it is. */
function uncast(node: Node | undefined, types: ReadonlySet<string>): Node | undefined {
  const cast = as(node, 'TypeCast');
  if (cast === undefined) return node;
  const names = strings(cast.typeName?.names);
  const keeps = types.has(names.at(-1) ?? '') && (names.length === 1 || names[0] === 'pg_catalog') && cast.typeName?.typmods === undefined && cast.typeName?.arrayBounds === undefined;
  return keeps ? uncast(cast.arg, types) : undefined;
}

function textOf(node: Node | undefined): string | undefined {
  const constant = as(uncast(node, texts), 'A_Const');
  return constant?.sval === undefined ? undefined : constant.sval.sval ?? '';
}

/** A name as the function reads it: as `regclass` does (src/backend/utils/adt/ruleutils.c, pg_get_serial_sequence). */
function tableNamed(text: string, reading: Reading): RelationInfo | undefined {
  const { catalog, searchPath, state } = reading;
  const [name = '', schema, database] = regclassPath(text)?.toReversed() ?? [];
  if (database !== undefined && database !== catalog.database) return undefined;
  if (state.changed.size > 0 || [...state.ownRelations].some((own) => own.split('\0')[0]?.split('.').at(-1) === name)) {
    reading.readsSession = true;
    return undefined;
  }
  if (schema === undefined && searchPath === 'unknown') reading.readsSession = true;
  return schema === undefined && searchPath === 'unknown' ? undefined : catalog.relation({ schema, name }, searchPath === 'unknown' ? [] : searchPath);
}

/** The sequence that `pg_get_serial_sequence('a.table', 'column')` names, where the catalog knows that it is the column's only one. */
export function ownedSequence(node: Node | undefined, reading: Reading): RelationInfo | undefined {
  const call: FuncCall | undefined = as(uncast(node, namesOfRelations), 'FuncCall');
  const [name, schema, ...more] = strings(call?.funcname).toReversed();
  if (name !== 'pg_get_serial_sequence' || more.length > 0 || call?.args?.length !== 2 || call.func_variadic === true) return undefined;
  const path = reading.searchPath;
  // In a path that names pg_catalog one of somebody's own may stand before it.
  if (schema === undefined ? path === 'unknown' || reading.catalog.functions({ schema, name }, path).length > 0 || isChanged('function', name, reading) : schema !== 'pg_catalog') return undefined;
  const [table, column] = call.args.map(textOf);
  if (table === undefined || column === undefined) return undefined;
  const [owned, ...others] = (tableNamed(table, reading)?.sequences ?? []).filter((one) => one.column === column);
  // Which of several it is depends on the order of the server's rows.
  return owned === undefined || others.length > 0 ? undefined : reading.catalog.relationByOid(owned.sequence);
}
