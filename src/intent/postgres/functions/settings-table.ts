/**
 * `harmless`: shapes answers, plans and limits of the one session. `gate`: the gate's reading depends on it, or it weakens the server's safety or its
 * own record. `other`: whoever grants `configure` says whether it may be changed here.
 */
export type SettingClass = 'harmless' | 'gate' | 'other';

export interface SettingGroup {
  readonly class: SettingClass;
  /** Why, as a person reads it. */
  readonly reason: string;
  readonly names: string;
}

/**
 * Every setting that a session may change, of PostgreSQL 12 to 18 (documentation, chapter Server Configuration, by its sections). Those of the
 * server's own (`serverSettings`) are `other`: SET fails for them, and ALTER SYSTEM is an effect by itself.
 */
export const settingGroups: readonly SettingGroup[] = [
  {
    class: 'gate', reason: 'the server reads text otherwise than the gate',
    names: 'client_encoding standard_conforming_strings backslash_quote escape_string_warning transform_null_equals array_nulls operator_precedence_warning plpgsql.variable_conflict',
  },
  { class: 'gate', reason: 'another role, with other rights and names', names: 'role session_authorization is_superuser createrole_self_grant' },
  { class: 'gate', reason: 'triggers, cascades and checks do not run', names: 'session_replication_role event_triggers allow_system_table_mods allow_in_place_tablespaces lo_compat_privileges composite_type_mismatch' },
  {
    class: 'gate', reason: 'loads code into the server',
    names: 'local_preload_libraries session_preload_libraries shared_preload_libraries dynamic_library_path extension_control_path extension_destdir jit_provider output_plugin_libraries',
  },
  { class: 'gate', reason: 'damage passes for data, or ends the server', names: 'zero_damaged_pages ignore_checksum_failure ignore_system_indexes max_stack_depth wal_consistency_checking debug_discard_caches' },
  {
    class: 'gate', reason: 'the server\'s own record and counters of what was done',
    names: `track_activities track_counts track_functions track_commit_timestamp update_process_title compute_query_id
      log_connections log_disconnections log_duration log_error_verbosity log_executor_stats log_lock_failures log_lock_waits log_min_duration_sample log_min_duration_statement
      log_min_error_statement log_min_messages log_parameter_max_length log_parameter_max_length_on_error log_parser_stats log_planner_stats log_replication_commands log_statement
      log_statement_sample_rate log_statement_stats log_temp_files log_transaction_sample_rate`,
  },
  {
    class: 'gate', reason: 'writes plans, parse trees or code, with the constants in them, to the log, to files or to clients',
    names: `debug_pretty_print debug_print_parse debug_print_plan debug_print_rewritten debug_logical_replication_streaming backtrace_functions trace_notify trace_sort
      jit_debugging_support jit_dump_bitcode jit_profiling_support`,
  },
  { class: 'gate', reason: 'how passwords are kept', names: 'password_encryption scram_iterations' },
  {
    class: 'other', reason: 'reaches beyond the session, with a privilege',
    names: 'commit_delay deadlock_timeout lc_messages post_auth_delay temp_file_limit track_cost_delay_timing track_io_timing track_wal_io_timing wal_compression wal_init_zero wal_recycle wal_sender_timeout',
  },
  // `search_path` is followed. `row_security` off makes the server fail where it would have applied a policy, and shows nobody more (documentation, row_security).
  { class: 'harmless', reason: 'names are followed through it, or the server refuses instead of filtering', names: 'search_path row_security' },
  // pg_dump sets it, so that nothing but tables is read; a session's own default is without.
  { class: 'harmless', reason: 'takes away from its own session', names: 'restrict_nonsystem_relation_kind' },
  {
    class: 'harmless', reason: 'the form of answers, and of what is written in them',
    names: `application_name bytea_output datestyle default_text_search_config exit_on_error extra_float_digits intervalstyle lc_monetary lc_numeric lc_time md5_password_warnings
      quote_all_identifiers timezone timezone_abbreviations xmlbinary xmloption icu_validation_level check_function_bodies seed`,
  },
  {
    class: 'harmless', reason: 'the mode of its own transactions',
    names: `default_transaction_deferrable default_transaction_isolation default_transaction_read_only transaction_deferrable transaction_isolation transaction_read_only synchronous_commit
      commit_siblings`,
  },
  {
    class: 'harmless', reason: 'where its own new tables are kept, as its rights allow',
    names: 'default_table_access_method default_tablespace default_toast_compression temp_tablespaces default_with_oids file_copy_method wal_skip_threshold',
  },
  // pg_dump, ORMs and migration tools lift them as they begin. What must hold stands in the gate's own limits.
  {
    class: 'harmless', reason: 'limits of its own session',
    names: `statement_timeout lock_timeout idle_in_transaction_session_timeout idle_session_timeout transaction_timeout client_connection_check_interval tcp_keepalives_count
      tcp_keepalives_idle tcp_keepalives_interval tcp_user_timeout`,
  },
  {
    class: 'harmless', reason: 'memory, I/O and workers of its own session',
    names: `backend_flush_after effective_io_concurrency hash_mem_multiplier io_combine_limit logical_decoding_work_mem maintenance_io_concurrency maintenance_work_mem
      max_parallel_maintenance_workers max_parallel_workers max_parallel_workers_per_gather temp_buffers work_mem
      gin_pending_list_limit vacuum_buffer_usage_limit vacuum_cleanup_index_scale_factor vacuum_cost_delay vacuum_cost_limit vacuum_cost_page_dirty vacuum_cost_page_hit
      vacuum_cost_page_miss vacuum_failsafe_age vacuum_freeze_min_age vacuum_freeze_table_age vacuum_max_eager_freeze_failure_rate vacuum_multixact_failsafe_age
      vacuum_multixact_freeze_min_age vacuum_multixact_freeze_table_age vacuum_truncate`,
  },
  {
    class: 'harmless', reason: 'plans',
    names: `constraint_exclusion cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost cursor_tuple_fraction debug_parallel_query default_statistics_target effective_cache_size
      enable_async_append enable_bitmapscan enable_distinct_reordering enable_gathermerge enable_group_by_reordering enable_hashagg enable_hashjoin enable_incremental_sort
      enable_indexonlyscan enable_indexscan enable_material enable_memoize enable_mergejoin enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning
      enable_partitionwise_aggregate enable_partitionwise_join enable_presorted_aggregate enable_self_join_elimination enable_seqscan enable_sort enable_tidscan
      force_parallel_mode from_collapse_limit geqo geqo_effort geqo_generations geqo_pool_size geqo_seed geqo_selection_bias geqo_threshold gin_fuzzy_search_limit
      jit jit_above_cost jit_expressions jit_inline_above_cost jit_optimize_above_cost jit_tuple_deforming join_collapse_limit min_parallel_index_scan_size
      min_parallel_table_scan_size parallel_leader_participation parallel_setup_cost parallel_tuple_cost plan_cache_mode random_page_cost recursive_worktable_factor seq_page_cost
      stats_fetch_consistency synchronize_seqscans`,
  },
];

/**
 * Settings of extensions, by what stands before the dot. All others, those of an application's own among them (`app.tenant`), are `other`: row policies,
 * views and functions go by them, so that they decide what is seen as much as a role does.
 */
export const settingNamespaces: readonly SettingGroup[] = [
  { class: 'gate', reason: 'what records', names: 'pgaudit auto_explain pg_stat_statements log' },
  { class: 'gate', reason: 'what masks, labels or guards rights', names: 'anon sepgsql set_user supautils credcheck passwordcheck' },
  { class: 'gate', reason: 'code that runs when a language starts', names: 'plperl plpython plpython3 pltcl plv8 pllua pljava plr' },
  // Files of the server and the network as rasters: enable_outdb_rasters, gdal_enabled_drivers, gdal_vsi_options (PostGIS manual, Grand Unified Custom Variables).
  { class: 'gate', reason: 'files and hosts that rasters may name', names: 'postgis' },
  { class: 'harmless', reason: 'plans, and how alike is alike', names: 'pg_trgm hnsw ivfflat isn plpgsql pg_hint_plan hypopg' },
];
