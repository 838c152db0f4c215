/** How a change of a setting in the session is to be taken. */
export type SettingClass =
  /** The session's own comfort: no effect. */
  | 'harmless'
  /** What the gate's reading, the server's record of itself or a wall depends on. */
  | 'guarded'
  /** Tracked in the session's state. */
  | 'search-path' | 'encoding' | 'strings' | 'role'
  | 'other';

/** Settings that only shape answers, plans and time-outs of the one session (PostgreSQL 18, chapter 19). */
const harmless = new Set([
  'application_name', 'timezone', 'datestyle', 'intervalstyle', 'extra_float_digits', 'bytea_output', 'xmloption', 'xmlbinary', 'lc_messages', 'lc_monetary',
  'lc_numeric', 'lc_time', 'default_text_search_config', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout',
  'idle_session_timeout', 'client_connection_check_interval', 'deadlock_timeout', 'work_mem', 'maintenance_work_mem', 'hash_mem_multiplier', 'temp_buffers',
  'logical_decoding_work_mem', 'default_transaction_isolation', 'default_transaction_read_only', 'default_transaction_deferrable', 'transaction_isolation',
  'transaction_read_only', 'transaction_deferrable', 'seed', 'plan_cache_mode', 'join_collapse_limit', 'from_collapse_limit', 'default_statistics_target',
  'constraint_exclusion', 'cursor_tuple_fraction', 'random_page_cost', 'seq_page_cost', 'cpu_tuple_cost', 'cpu_index_tuple_cost', 'cpu_operator_cost',
  'parallel_setup_cost', 'parallel_tuple_cost', 'min_parallel_table_scan_size', 'min_parallel_index_scan_size', 'max_parallel_workers', 'max_parallel_workers_per_gather',
  'max_parallel_maintenance_workers', 'parallel_leader_participation', 'debug_parallel_query', 'force_parallel_mode', 'effective_cache_size', 'effective_io_concurrency',
  'maintenance_io_concurrency', 'jit', 'jit_above_cost', 'jit_inline_above_cost', 'jit_optimize_above_cost', 'jit_expressions', 'jit_tuple_deforming', 'synchronous_commit',
  'check_function_bodies', 'default_table_access_method', 'default_tablespace', 'default_toast_compression', 'default_with_oids', 'temp_tablespaces', 'synchronize_seqscans',
  'quote_all_identifiers', 'gin_fuzzy_search_limit', 'gin_pending_list_limit', 'tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count',
  'tcp_user_timeout', 'vacuum_cost_delay', 'vacuum_cost_limit', 'backend_flush_after', 'commit_delay', 'commit_siblings', 'recursive_worktable_factor',
  'icu_validation_level', 'operator_precedence_warning', 'vacuum_freeze_min_age', 'vacuum_freeze_table_age',
]);

/** reference/postgres.md A2, and what switches off records, checks or rights. */
const guarded = new Set([
  'backslash_quote', 'escape_string_warning', 'transform_null_equals', 'array_nulls', 'session_replication_role', 'row_security', 'session_preload_libraries',
  'local_preload_libraries', 'shared_preload_libraries', 'dynamic_library_path', 'track_counts', 'track_activities', 'track_functions', 'event_triggers',
  'allow_system_table_mods', 'allow_in_place_tablespaces', 'ignore_system_indexes', 'ignore_checksum_failure', 'zero_damaged_pages', 'lo_compat_privileges',
  'default_roles_initialize', 'createrole_self_grant', 'restrict_nonsystem_relation_kind', 'password_encryption', 'jit_provider', 'jit_debugging_support',
  'jit_profiling_support', 'jit_dump_bitcode', 'extension_control_path', 'plpgsql.variable_conflict', 'is_superuser',
]);

const messageLevels = new Set(['notice', 'warning', 'error', 'log', 'info', 'fatal', 'panic']);

/** `value` is undefined when it is not known or is the default. Names are folded by the caller. */
export function classifySetting(name: string, value: string | undefined): SettingClass {
  switch (name) {
    case 'search_path': return 'search-path';
    case 'client_encoding': return 'encoding';
    case 'standard_conforming_strings': return 'strings';
    case 'role': case 'session_authorization': return 'role';
    // Below NOTICE the server sends parse trees and plans with their constants.
    case 'client_min_messages': return value === undefined || messageLevels.has(value.toLowerCase()) ? 'harmless' : 'guarded';
    default:
      if (harmless.has(name) || name.startsWith('enable_') || name.startsWith('geqo')) return 'harmless';
      return guarded.has(name) || name.startsWith('debug_') || name.startsWith('log_') ? 'guarded' : 'other';
  }
}

/** Spellings of UTF8 that the server takes (pg_enc2name with clean_encoding_name, encnames.c). */
export function isUtf8(value: string): boolean {
  return /^(?:utf8|unicode)$/.test(value.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
}

/** `undefined` when it is no boolean (parse_bool, bool.c: unambiguous prefixes count). */
export function parseBoolean(value: string): boolean | undefined {
  const text = value.toLowerCase();
  if (text === '') return undefined;
  if ('true'.startsWith(text) || 'yes'.startsWith(text) || text === 'on' || text === '1') return true;
  if ('false'.startsWith(text) || 'no'.startsWith(text) || text === 'off' || text === 'of' || text === '0') return false;
  return undefined;
}
