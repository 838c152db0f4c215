import { act, anyName, extentAt, textAt, type Acts } from '../act.ts';
import type { EntityRef } from '../../../../core/resource.ts';
import { all, configures, defines, opaque, relationAt, type Pack } from './pack.ts';

/** Of a hypertable, a chunk or a continuous aggregate. */
const upkeep: Acts = (call) => [act('execute', relationAt('table', call, 0), { extent: extentAt(call, 0), outsideTransaction: true })];

/** A policy runs for as long as it stands, with nobody who asks for it. */
const schedules: Acts = (call) => [act('configure', relationAt('table', call, 0), { extent: extentAt(call, 0), reversible: false, note: 'what a background job does to it from now on' })];
const retains: Acts = (call) => [...schedules(call), act('destroy', relationAt('table', call, 0), { extent: 'unknown', outsideTransaction: true, note: 'rows past their age, from now on' })];

/** `drop_chunks(relation, older_than, ...)`: whole chunks, with all rows in them. */
const dropsChunks: Acts = (call) => [act('destroy', relationAt('table', call, 0), { extent: 'unknown', note: 'chunks past a limit' })];

/** What a job does is a function by its oid, or its number in a table. */
const runsJob: Acts = (call) => [...opaque('a job runs a function that its argument names')(call), ...configures(call)];

const anyTable: EntityRef = { kind: 'table', path: [anyName], system: false };
const definesAny: Acts = () => [act('define', anyTable, { extent: 'unknown', reversible: false })];
const tablespace: Acts = (call) => [act('define', relationAt('table', call, 1), { extent: extentAt(call, 1), note: `tablespace ${textAt(call, 0) ?? anyName}` })];

/**
 * TimescaleDB's API reference, by its sections. Volatile functions in C are listed from its installation script, since there is no server with it to
 * ask. Its internal functions that do anything are opaque: nobody calls them by hand.
 */
export const timescaledb: Pack = {
  harmless: `by_hash by_range generate_uuidv7 to_uuidv7 time_bucket_gapfill interpolate locf show_tablespaces hypertable_approximate_detailed_size show_policies extension_state
    cagg_get_bucket_function_info cagg_validate_query calculate_chunk_interval chunk_status generate_uuid get_compressed_chunk_index_for_recompression has_invalidation_trigger
    insert_blocker continuous_agg_invalidation_trigger invalidation_plugin_name process_ddl_event relation_approximate_size relation_size show_chunk time_to_internal tsl_loaded
    policy_compression_check policy_process_hypertable_invalidations_check policy_refresh_continuous_aggregate_check policy_reorder_check policy_retention_check`,
  hazards: [
    // Hypertables and chunks.
    ...all('create_hypertable add_dimension set_chunk_time_interval set_number_partitions set_partitioning_interval set_integer_now_func set_adaptive_chunking enable_chunk_skipping disable_chunk_skipping', defines(0)),
    ...all('attach_tablespace detach_tablespace', tablespace), ...all('detach_tablespaces', defines(0)),
    ...all('attach_chunk merge_chunks', definesAny), ...all('detach_chunk split_chunk', defines(0)),
    ...all('move_chunk reorder_chunk', upkeep), ...all('drop_chunks', dropsChunks),
    // Compression and the columnstore.
    ...all('compress_chunk decompress_chunk convert_to_columnstore convert_to_rowstore recompress_chunk', upkeep),
    ...all(`add_compression_policy remove_compression_policy add_columnstore_policy remove_columnstore_policy add_reorder_policy remove_reorder_policy remove_retention_policy
      add_continuous_aggregate_policy remove_continuous_aggregate_policy add_process_hypertable_invalidations_policy remove_process_hypertable_invalidations_policy
      remove_all_policies remove_policies`, schedules),
    ...all('add_retention_policy add_policies alter_policies', retains),
    // Continuous aggregates.
    ...all('refresh_continuous_aggregate', upkeep),
    // Jobs.
    ...all('add_job run_job alter_job', runsJob), ...all('delete_job', configures),
    // Administration: both turn background workers off or on.
    ...all('timescaledb_pre_restore timescaledb_post_restore restart_background_workers start_background_workers stop_background_workers', configures),
    ...all(`alter_job_set_hypertable_id attach_osm_table_chunk cagg_migrate_to_time_bucket create_chunk create_compressed_chunk drop_chunk drop_osm_chunk freeze_chunk unfreeze_chunk
      hypertable_osm_range_update policy_process_hypertable_invalidations policy_recompression policy_refresh_continuous_aggregate policy_reorder policy_retention
      process_hypertable_invalidations recompress_chunk_segmentwise`, opaque('an internal function of TimescaleDB')),
  ],
};
