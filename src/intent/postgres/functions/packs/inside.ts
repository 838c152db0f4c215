import { act, catalogView, extentAt, server as target, thingAt, type Acts } from '../act.ts';
import { all, configures, executes, relationAt, type Pack } from './pack.ts';

/** Pages and log records hold every row, also deleted ones, past masks and row security; those of an index or of long values name another relation than the table. */
const readsPages: Acts = (call) => [
  act('read', relationAt('table', call, 0), { extent: 'all', columns: 'all', note: 'raw pages of the relation' }),
  act('read', target, { extent: 'all', columns: 'all', note: 'whose rows they are, the name does not tell' }),
];
const readsLog: Acts = () => [act('read', target, { extent: 'all', columns: 'all', note: 'records of the write-ahead log' })];
const destroysRows: Acts = (call) => [act('destroy', relationAt('table', call, 0), { extent: extentAt(call, 0) === 'one' ? 'bounded' : 'unknown', outsideTransaction: true, note: 'rewrites rows past every check' })];
const writesFile: Acts = (call) => [act('update', thingAt('path', call, 0), { extent: extentAt(call, 0), outsideTransaction: true, note: 'a file on the database server' })];
const removesFile: Acts = (call) => [act('destroy', thingAt('path', call, 0), { extent: extentAt(call, 0), outsideTransaction: true })];
/** It calls the functions of an index's expressions and predicate, as upkeep of an index does. */
const checksIndex: Acts = (call) => [act('execute', relationAt('index', call, 0), { extent: extentAt(call, 0) })];

/** Extensions that look into the server's pages, buffers, log and files, or change them there (appendix Additional Supplied Modules). */
export const inside: Readonly<Record<string, Pack>> = {
  adminpack: {
    harmless: '',
    hazards: [
      ...all('pg_file_write pg_file_sync', writesFile), ...all('pg_file_unlink', removesFile),
      ...all('pg_file_rename', (call) => [...removesFile(call), act('update', thingAt('path', call, 1), { extent: extentAt(call, 1), outsideTransaction: true })]),
      ...all('pg_logdir_ls', () => [act('read', { kind: 'path', path: ['log'], system: true }, { extent: 'all' })]),
    ],
  },
  // Counts and error texts with positions, no values of columns.
  amcheck: { harmless: 'verify_heapam', hazards: all('bt_index_check bt_index_parent_check gin_index_check', checksIndex) },
  old_snapshot: { harmless: 'pg_old_snapshot_time_mapping' },
  // These of the page functions that take a page, which somebody must have read.
  pageinspect: {
    harmless: `brin_metapage_info brin_page_items brin_page_type brin_revmap_data gin_leafpage_items gin_metapage_info gin_page_opaque_info gist_page_items gist_page_items_bytea
      gist_page_opaque_info hash_metapage_info hash_page_items hash_page_stats hash_page_type heap_page_item_attrs heap_page_items heap_tuple_infomask_flags page_checksum page_header
      tuple_data_split`,
    hazards: all('get_raw_page fsm_page_contents bt_metap bt_page_stats bt_page_items bt_multi_page_stats hash_bitmap_info', readsPages),
  },
  pg_buffercache: {
    harmless: 'pg_buffercache_numa_pages pg_buffercache_pages pg_buffercache_summary pg_buffercache_usage_counts',
    hazards: all('pg_buffercache_evict pg_buffercache_evict_relation pg_buffercache_evict_all', configures),
  },
  pg_freespacemap: { harmless: 'pg_freespace' },
  pg_logicalinspect: {
    harmless: '',
    hazards: all('pg_get_logical_snapshot_info pg_get_logical_snapshot_meta', () => [act('read', { kind: 'path', path: ['pg_logical/snapshots'], system: true }, { extent: 'one', note: 'a file on the database server' })]),
  },
  pg_prewarm: { harmless: '', hazards: all('pg_prewarm autoprewarm_start_worker autoprewarm_dump_now', executes) },
  pg_stat_statements: {
    harmless: 'pg_stat_statements_info',
    hazards: [
      ...all('pg_stat_statements', () => [
        act('read', catalogView('pg_stat_statements'), { extent: 'all', columns: 'all' }),
        act('read', { kind: 'session', path: ['*'], system: false }, { extent: 'all', note: 'the text of others\' queries' }),
      ]),
      ...all('pg_stat_statements_reset', configures),
    ],
  },
  pg_surgery: { harmless: '', hazards: all('heap_force_kill heap_force_freeze', destroysRows) },
  pg_visibility: { harmless: 'pg_check_frozen pg_check_visible pg_visibility pg_visibility_map pg_visibility_map_summary', hazards: all('pg_truncate_visibility_map', destroysRows) },
  pg_walinspect: { harmless: '', hazards: all('pg_get_wal_record_info pg_get_wal_records_info pg_get_wal_records_info_till_end_of_wal pg_get_wal_block_info pg_get_wal_stats pg_get_wal_stats_till_end_of_wal', readsLog) },
  pgrowlocks: { harmless: 'pgrowlocks' },
  pgstattuple: { harmless: 'pg_relpages pgstatginindex pgstathashindex pgstatindex pgstattuple pgstattuple_approx' },
  sslinfo: {
    harmless: `ssl_cipher ssl_client_cert_present ssl_client_dn ssl_client_dn_field ssl_client_serial ssl_extension_info ssl_is_used ssl_issuer_dn ssl_issuer_field ssl_version`,
  },
};
