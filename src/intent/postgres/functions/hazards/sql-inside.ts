import { act, anyName, server, textAt, thingAt, builtinFunction, type Acts } from '../act.ts';
import { quoteIdentifier, regclassPath } from '../regclass.ts';
import type { BuiltinCall } from '../builtins.ts';
import type { EntityRef } from '../../../../core/resource.ts';

const anyRole: EntityRef = { kind: 'role', path: [anyName], system: true };

function textOf(call: BuiltinCall, index: number): string | undefined {
  const value = call.args[index];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The first argument of `query_to_xml(query, nulls, tableforest, targetns)` and its kin, as long as the others are what they are when they stand in
 * that order: in named notation `query => ...` may come last, and the first be a namespace that looks like SQL.
 */
function subjectOf(call: BuiltinCall): string | undefined {
  const [, nulls, tableforest, targetns] = call.args;
  return typeof nulls === 'boolean' && typeof tableforest === 'boolean' && targetns === '' ? textOf(call, 0) : undefined;
}

/** XML Functions, Mapping Tables to XML: the argument is SQL, which runs. */
const runsQuery: Acts = (call) => [{ sql: subjectOf(call) }];

/** Text Search Functions: `ts_stat(query)`, or with weights, which are letters from a to d. */
const runsStatistics: Acts = (call) => [{ sql: call.fewer === true ? undefined : call.args.length === 1 || /^[a-d]*$/iu.test(textOf(call, 1) ?? '?') ? textOf(call, 0) : undefined }];

/** `table_to_xml(regclass)` is SELECT * of that relation (xml.c, table_to_xml_internal). */
const readsRelation: Acts = (call) => {
  const path = regclassPath(subjectOf(call) ?? '');
  return [{ sql: path === undefined ? undefined : `SELECT * FROM ${path.map(quoteIdentifier).join('.')}` }];
};

/** The server's own schema holds password verifiers, for a role that may see them. */
const readsSchema: Acts = (call) => [
  ...(['pg_catalog', 'information_schema', undefined].includes(textAt(call, 0)?.toLowerCase()) ? [act('read', anyRole, { extent: 'all', note: 'password verifiers, connection strings or files' })] : []),
  act('read', thingAt('schema', call, 0), { extent: 'all', columns: 'all', note: 'every table of the schema' }),
];
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
  ['query_to_xml', runsQuery], ['query_to_xml_and_xmlschema', runsQuery], ['query_to_xmlschema', runsQuery],
  ['table_to_xml', readsRelation], ['table_to_xml_and_xmlschema', readsRelation],
  ['schema_to_xml', readsSchema], ['schema_to_xml_and_xmlschema', readsSchema],
  ['database_to_xml', readsDatabase], ['database_to_xml_and_xmlschema', readsDatabase],
  ['cursor_to_xml', readsCursor],
  ['ts_stat', runsStatistics],
  // With three arguments they are tsquery values, and nothing runs.
  ['ts_rewrite', (call) => (call.args.length === 3 && call.fewer !== true ? [] : [{ sql: textOf(call, 1) }])],
  ['domain_in', readsTypeAt(1)], ['array_in', readsTypeAt(1)], ['record_in', readsTypeAt(1)], ['range_in', readsTypeAt(1)], ['multirange_in', readsTypeAt(1)],
  ['pg_input_is_valid', checksInput], ['pg_input_error_info', checksInput],
  // Its own source would be taken for a body in that language.
  ['plpgsql_call_handler', (call) => [act('opaque', builtinFunction(call), { extent: 'unknown', reason: 'not-modelled', note: 'the handler of a language' })]],
  ['plpgsql_inline_handler', (call) => [act('opaque', builtinFunction(call), { extent: 'unknown', reason: 'not-modelled', note: 'the handler of a language' })]],
];
