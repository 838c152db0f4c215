/** As the grammar names its own types, and as `format_type` does. */
export const builtinNames: ReadonlyMap<string, string> = new Map(Object.entries({
  int2: 'smallint', int4: 'integer', int8: 'bigint', float4: 'real', float8: 'double precision', bool: 'boolean', numeric: 'numeric', text: 'text', varchar: 'character varying',
  bpchar: 'character', timestamptz: 'timestamp with time zone', timestamp: 'timestamp without time zone', timetz: 'time with time zone', time: 'time without time zone',
  date: 'date', interval: 'interval', uuid: 'uuid', json: 'json', jsonb: 'jsonb', bytea: 'bytea', oid: 'oid', inet: 'inet', name: 'name',
}));

/** Of all types of the server's own (PostgreSQL 12 to 18, pg_type), without arrays and rows of its catalogs. */
const builtin: ReadonlySet<string> = new Set(`
  aclitem bit bool box bpchar bytea char cid cidr circle date datemultirange daterange float4 float8 gtsvector inet int2 int2vector int4 int4multirange
  int4range int8 int8multirange int8range interval json jsonb jsonpath line lseg macaddr macaddr8 money name numeric nummultirange numrange oid
  oidvector path pg_brin_bloom_summary pg_brin_minmax_multi_summary pg_dependencies pg_lsn pg_mcv_list pg_ndistinct pg_node_tree pg_snapshot point
  polygon record refcursor regclass regcollation regconfig regdatabase regdictionary regnamespace regoper regoperator regproc regprocedure regrole
  regtype text tid time timestamp timestamptz timetz tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector txid_snapshot unknown uuid varbit
  varchar void xid xid8 xml`.trim().split(/\s+/));

/** Whether a name without a schema means the server's own type, whatever there is of that name: so unless the path names `pg_catalog`. */
export function isBuiltinName(name: string, path: readonly string[] | 'unknown'): boolean {
  return path !== 'unknown' && !path.includes('pg_catalog') && builtin.has(name);
}
