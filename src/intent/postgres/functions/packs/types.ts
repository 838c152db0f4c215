import { act, anyName, type Acts } from '../act.ts';
import { all, opaque, runsSql, type Pack } from './pack.ts';

const buildsSql: Acts = () => [{ sql: undefined }];
const computes: Pack = { harmless: '' };

/** Extensions that add types, operators, indexes and computing functions (appendix Additional Supplied Modules, where no other source is named). */
export const types: Readonly<Record<string, Pack>> = {
  btree_gin: computes, btree_gist: computes, citext: computes, cube: computes, earthdistance: computes, fuzzystrmatch: computes, hstore: computes, intarray: computes,
  ltree: computes, seg: computes,
  bloom: { harmless: 'blhandler' },
  dict_int: { harmless: 'dintdict_init dintdict_lexize' }, dict_xsyn: { harmless: 'dxsyn_init dxsyn_lexize' }, unaccent: { harmless: 'unaccent_init unaccent_lexize' },
  // Indexes of its own session, which only EXPLAIN sees (hypopg's documentation).
  hypopg: { harmless: 'hypopg hypopg_create_index hypopg_drop_index hypopg_get_indexdef hypopg_relation_size hypopg_reset hypopg_reset_index' },
  intagg: { harmless: 'int_agg_final_array int_agg_state' },
  pg_hashids: computes, pg_uuidv7: { harmless: 'uuid_generate_v7' },
  // Transitions of its aggregates, and of ip4r its index method: nobody calls them by hand.
  hll: {
    harmless: `hll_add_trans0 hll_add_trans1 hll_add_trans2 hll_add_trans3 hll_add_trans4 hll_card_unpacked hll_ceil_card_unpacked hll_floor_card_unpacked hll_pack
      hll_union_internal hll_union_trans`,
  },
  ip4r: {
    harmless: `gip4r_compress gip4r_consistent gip4r_decompress gip4r_fetch gip4r_penalty gip4r_picksplit gip4r_same gip4r_union gip6r_compress gip6r_consistent gip6r_decompress
      gip6r_fetch gip6r_penalty gip6r_picksplit gip6r_same gip6r_union gipr_compress gipr_consistent gipr_decompress gipr_fetch gipr_penalty gipr_picksplit gipr_same
      gipr_union`,
  },
  // Whether weak input is taken, for the session.
  isn: { harmless: 'isn_weak' },
  pg_trgm: { harmless: 'set_limit' },
  pgcrypto: { harmless: 'fips_mode gen_random_bytes gen_random_uuid gen_salt pgp_pub_encrypt pgp_pub_encrypt_bytea pgp_sym_encrypt pgp_sym_encrypt_bytea' },
  // The second argument of crosstab is a number, which does nothing, or another query. connectby puts names into a query as they are.
  tablefunc: {
    harmless: 'normal_rand',
    hazards: [
      ...all('crosstab', (call) => (call.args.length > 1 && typeof call.args[1] !== 'number' ? [...runsSql(0)(call), ...runsSql(1)(call)] : runsSql(0)(call))),
      ...all('crosstab2 crosstab3 crosstab4', runsSql(0)), ...all('connectby', buildsSql),
    ],
  },
  tsm_system_rows: { harmless: 'system_rows' }, tsm_system_time: { harmless: 'system_time' },
  'uuid-ossp': { harmless: 'uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4' },
  // pgvector: its index methods, and what they ask of a type.
  vector: { harmless: 'hnswhandler ivfflathandler hnsw_bit_support hnsw_halfvec_support hnsw_sparsevec_support ivfflat_bit_support ivfflat_halfvec_support' },
  xml2: { harmless: '', hazards: [...all('xpath_table', buildsSql), ...all('xslt_process', opaque('a stylesheet can load documents'))] },
};

/** Extensions that are trigger functions. */
export const triggers: Readonly<Record<string, Pack>> = {
  autoinc: { harmless: 'autoinc' }, insert_username: { harmless: 'insert_username' }, moddatetime: { harmless: 'moddatetime' },
  lo: { harmless: '', hazards: all('lo_manage', () => [act('destroy', { kind: 'large-object', path: [anyName], system: false }, { extent: 'one' })]) },
  // They write what they are made for, and change nothing.
  pgaudit: { harmless: 'pgaudit_ddl_command_end pgaudit_sql_drop' },
  refint: { harmless: '', hazards: all('check_primary_key check_foreign_key', opaque('a trigger that builds SQL from its arguments')) },
  tcn: { harmless: '', hazards: all('triggered_change_notification', () => [act('insert', { kind: 'channel', path: [anyName], system: false }, { extent: 'one', note: 'keys of changed rows reach every session that listens' })]) },
};
