import type { FunctionInfo } from '../../../core/catalog.ts';
import type { BuiltinClass } from './builtins.ts';
import { extensionHazards } from './hazards/extensions.ts';
import { names } from './names.ts';

/**
 * Extensions that have been reviewed, with their volatile functions that have no effects. All their other functions that are not volatile compute
 * on their arguments. Trusted ones, and those that only add types, operators and indexes.
 */
const reviewed: ReadonlyMap<string, ReadonlySet<string>> = new Map(Object.entries({
  citext: '', hstore: '', ltree: '', cube: '', seg: '', isn: '', intarray: '', fuzzystrmatch: '', earthdistance: '', btree_gin: '', btree_gist: '', vector: '',
  pg_trgm: 'set_limit',
  bloom: 'blhandler', dict_int: 'dintdict_init dintdict_lexize', dict_xsyn: 'dxsyn_init dxsyn_lexize', unaccent: 'unaccent_init unaccent_lexize',
  tsm_system_rows: 'system_rows', tsm_system_time: 'system_time', intagg: 'int_agg_final_array int_agg_state', lo: '',
  pgcrypto: 'gen_random_bytes gen_random_uuid gen_salt pgp_pub_encrypt pgp_pub_encrypt_bytea pgp_sym_encrypt pgp_sym_encrypt_bytea',
  'uuid-ossp': 'uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4',
  tablefunc: 'normal_rand', xml2: '',
  sslinfo: 'ssl_cipher ssl_client_cert_present ssl_client_dn ssl_client_dn_field ssl_client_serial ssl_extension_info ssl_is_used ssl_issuer_dn ssl_issuer_field ssl_version',
  pageinspect: 'brin_metapage_info brin_page_items brin_page_type brin_revmap_data gin_leafpage_items gin_metapage_info gin_page_opaque_info gist_page_items gist_page_items_bytea gist_page_opaque_info hash_metapage_info hash_page_items hash_page_stats hash_page_type heap_page_item_attrs heap_page_items heap_tuple_infomask_flags page_checksum page_header tuple_data_split',
  pg_buffercache: 'pg_buffercache_pages pg_buffercache_summary pg_buffercache_usage_counts', pg_freespacemap: 'pg_freespace',
  pgstattuple: 'pg_relpages pgstatginindex pgstathashindex pgstatindex pgstattuple pgstattuple_approx', pgrowlocks: 'pgrowlocks',
  pg_visibility: 'pg_check_frozen pg_check_visible pg_visibility pg_visibility_map pg_visibility_map_summary',
  pg_stat_statements: 'pg_stat_statements_info', old_snapshot: 'pg_old_snapshot_time_mapping',
  autoinc: 'autoinc', insert_username: 'insert_username', moddatetime: 'moddatetime',
  dblink: 'dblink_current_query dblink_fdw_validator dblink_get_connections dblink_get_pkey', file_fdw: 'file_fdw_handler file_fdw_validator', postgres_fdw: 'postgres_fdw_handler postgres_fdw_validator',
}).map(([extension, harmless]) => [extension, new Set(names(harmless))]));

/**
 * What a function that belongs to an extension does (`FunctionInfo.extension`). Undefined: not reviewed; it MUST then be taken for opaque, unless
 * its body can be read.
 */
export function lookupExtensionFunction(extension: string, name: string, volatility: FunctionInfo['volatility']): BuiltinClass | undefined {
  const effects = extensionHazards.get(extension)?.get(name);
  if (effects !== undefined) return { effects };
  const harmless = reviewed.get(extension);
  if (harmless === undefined) return undefined;
  if (volatility === 'volatile') return harmless.has(name) ? { purity: 'reads-state' } : undefined;
  return { purity: volatility === 'immutable' ? 'pure' : 'reads-state' };
}
