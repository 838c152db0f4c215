import { act, server, textAt, thingAt, builtinFunction, type Acts } from '../act.ts';
import { quoteIdentifier, regclassPath } from '../regclass.ts';
import type { BuiltinCall } from '../builtins.ts';

/** Functions whose argument is SQL which they run: Text Search Functions (ts_stat, ts_rewrite), and XML Functions, Mapping Tables to XML. */
const runs = (index: number): Acts => (call) => [{ sql: sqlAt(call, index) }];

function sqlAt(call: BuiltinCall, index: number): string | undefined {
  const value = call.args[index];
  return typeof value === 'string' ? value : undefined;
}

/** `table_to_xml(regclass)` is SELECT * of that relation (xml.c, table_to_xml_internal). */
const readsRelation: Acts = (call) => {
  const path = regclassPath(sqlAt(call, 0) ?? '');
  return [{ sql: path === undefined ? undefined : `SELECT * FROM ${path.map(quoteIdentifier).join('.')}` }];
};

const readsSchema: Acts = (call) => [act('read', thingAt('schema', call, 0), { extent: 'all', columns: 'all', note: 'every table of the schema' })];
const readsDatabase: Acts = () => [act('read', server, { extent: 'all', columns: 'all', note: 'every table of the database' })];
const readsCursor: Acts = (call) => [act('read', thingAt('cursor', call, 0), { extent: 'unknown', columns: 'all' })];

/** The lowest oid that is not the server's own (access/transam.h, FirstNormalObjectId). */
const firstUserOid = 16384;

/** Input functions of a type that an argument names by oid: of a domain they run its CHECK, which calls functions of users. */
const readsTypeAt = (index: number): Acts => (call) => {
  const oid = Number(textAt(call, index) ?? Number.NaN);
  return oid >= 0 && oid < firstUserOid ? [] : [computedType(call)];
};

function computedType(call: BuiltinCall): ReturnType<typeof act> {
  return act('opaque', builtinFunction(call), { extent: 'unknown', reason: 'computed-code', note: 'checks a value against a type that may be a domain, whose constraints call functions' });
}

/** Types whose input runs nothing but the server's own code. */
const plainTypes: ReadonlySet<string> = new Set([
  'bool', 'boolean', 'bytea', 'char', 'character', 'varchar', 'text', 'name', 'smallint', 'int2', 'integer', 'int', 'int4', 'bigint', 'int8',
  'real', 'float4', 'float8', 'double precision', 'numeric', 'decimal', 'money', 'date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval',
  'timestamp with time zone', 'timestamp without time zone', 'uuid', 'json', 'jsonb', 'jsonpath', 'xml', 'inet', 'cidr', 'macaddr', 'macaddr8',
  'bit', 'varbit', 'tsvector', 'tsquery', 'int4range', 'int8range', 'numrange', 'tsrange', 'tstzrange', 'daterange', 'oid', 'regclass', 'regtype',
]);

const checksInput: Acts = (call) => {
  const type = textAt(call, 1)?.trim().toLowerCase().replace(/\[\]$/u, '');
  return type !== undefined && plainTypes.has(type) ? [] : [computedType(call)];
};

export const sqlInsideHazards: readonly (readonly [string, Acts])[] = [
  ['query_to_xml', runs(0)], ['query_to_xml_and_xmlschema', runs(0)], ['query_to_xmlschema', runs(0)],
  ['table_to_xml', readsRelation], ['table_to_xml_and_xmlschema', readsRelation],
  ['schema_to_xml', readsSchema], ['schema_to_xml_and_xmlschema', readsSchema],
  ['database_to_xml', readsDatabase], ['database_to_xml_and_xmlschema', readsDatabase],
  ['cursor_to_xml', readsCursor],
  ['ts_stat', runs(0)],
  // With three arguments they are tsquery values, and nothing runs.
  ['ts_rewrite', (call) => (call.args.length === 3 ? [] : [{ sql: sqlAt(call, 1) }])],
  ['domain_in', readsTypeAt(1)], ['array_in', readsTypeAt(1)], ['record_in', readsTypeAt(1)], ['range_in', readsTypeAt(1)], ['multirange_in', readsTypeAt(1)],
  ['pg_input_is_valid', checksInput], ['pg_input_error_info', checksInput],
  // Its own source would be taken for a body in that language.
  ['plpgsql_call_handler', (call) => [act('opaque', builtinFunction(call), { extent: 'unknown', reason: 'not-modelled', note: 'the handler of a language' })]],
  ['plpgsql_inline_handler', (call) => [act('opaque', builtinFunction(call), { extent: 'unknown', reason: 'not-modelled', note: 'the handler of a language' })]],
];
