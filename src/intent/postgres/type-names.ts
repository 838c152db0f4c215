/** As the grammar names its own types, and as `format_type` does. */
export const builtinNames: ReadonlyMap<string, string> = new Map(Object.entries({
  int2: 'smallint', int4: 'integer', int8: 'bigint', float4: 'real', float8: 'double precision', bool: 'boolean', numeric: 'numeric', text: 'text', varchar: 'character varying',
  bpchar: 'character', timestamptz: 'timestamp with time zone', timestamp: 'timestamp without time zone', timetz: 'time with time zone', time: 'time without time zone',
  date: 'date', interval: 'interval', uuid: 'uuid', json: 'json', jsonb: 'jsonb', bytea: 'bytea', oid: 'oid', inet: 'inet', name: 'name',
}));
