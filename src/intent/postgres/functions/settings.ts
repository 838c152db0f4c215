import { guardedSettings, userSettings } from './catalog-data.ts';
import { names } from './names.ts';

/**
 * `harmless`: shapes answers, plans and time-outs of the one session. `gate`: the gate's reading depends on it, or it weakens the server's safety
 * or its own record. `other`: a person should say whether it may be changed here.
 */
export type SettingClass = 'harmless' | 'gate' | 'other';

/**
 * What makes the server read text otherwise than the gate, or takes away a wall, a trace or a check (documentation, chapter Server Configuration).
 * `search_path` is not among them: names are followed through it. Nor is `row_security`: `off` makes the server fail where it would have applied a
 * policy, and shows nobody more (documentation, row_security); pg_dump sends it.
 */
const gateSettings = `
  client_encoding standard_conforming_strings backslash_quote escape_string_warning transform_null_equals array_nulls
  role session_authorization is_superuser session_replication_role event_triggers
  session_preload_libraries local_preload_libraries shared_preload_libraries dynamic_library_path extension_control_path extension_destdir jit_provider
  track_counts track_activities track_functions track_commit_timestamp update_process_title compute_query_id
  allow_system_table_mods allow_in_place_tablespaces ignore_system_indexes ignore_checksum_failure zero_damaged_pages lo_compat_privileges
  password_encryption scram_iterations createrole_self_grant
  jit_debugging_support jit_profiling_support jit_dump_bitcode backtrace_functions trace_notify trace_sort
  plpgsql.variable_conflict
`;
/** Parse trees and plans with their constants; the server's own log of what was done. */
const gatePrefixes = ['debug_', 'log_'];
/** Of extensions: what records (pgaudit), masks (anon), labels (sepgsql), guards rights, or runs code when a language starts. */
const gateNamespaces: ReadonlySet<string> = new Set(['pgaudit', 'anon', 'sepgsql', 'set_user', 'supautils', 'credcheck', 'passwordcheck', 'plperl', 'plpython', 'plpython3', 'pltcl', 'plv8']);
const otherNamespaces: ReadonlySet<string> = new Set(['auto_explain', 'pg_stat_statements', 'pg_cron', 'cron', 'dblink', 'postgres_fdw', 'basic_archive', 'pg_prewarm', 'timescaledb', 'citus']);

/** A session may change these for itself, and yet they reach beyond it. */
const otherSettings = `wal_sender_timeout restrict_nonsystem_relation_kind`;
/** Not shown in pg_settings (`seed`, `default_with_oids`). */
const unlistedHarmless = `seed default_with_oids`;

const gate = new Set(names(gateSettings));
const guarded = new Set([...names(guardedSettings), ...names(otherSettings)]);
const harmless = new Set([...names(userSettings), ...names(unlistedHarmless)]);

/** Below NOTICE the server sends what `debug_print_*` and others write. */
const quietLevels: ReadonlySet<string> = new Set(['info', 'notice', 'warning', 'error', 'log', 'fatal', 'panic']);

/** By name in any case, as the server compares them. `value` is undefined when it is the default or not known. Names that no release has are `other`. */
export function classifySetting(name: string, value?: string): SettingClass {
  const folded = name.toLowerCase();
  if (folded === 'client_min_messages') return value === undefined || quietLevels.has(value.toLowerCase()) ? 'harmless' : 'gate';
  if (gate.has(folded)) return 'gate';
  const dot = folded.indexOf('.');
  if (dot !== -1) {
    const namespace = folded.slice(0, dot);
    if (gateNamespaces.has(namespace)) return 'gate';
    return otherNamespaces.has(namespace) ? 'other' : 'harmless';
  }
  if (gatePrefixes.some((prefix) => folded.startsWith(prefix))) return 'gate';
  return harmless.has(folded) && !guarded.has(folded) ? 'harmless' : 'other';
}
