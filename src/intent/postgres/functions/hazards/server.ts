import { act, anyName, extentAt, machinery, server, textAt, type Acts } from '../act.ts';
import { regclassPath } from '../regclass.ts';
import type { BuiltinCall } from '../builtins.ts';
import type { EntityRef, ResourceKind } from '../../../../core/resource.ts';

const configures = (note: string): Acts => () => [act('configure', server, { extent: 'all', reversible: false, outsideTransaction: true, note })];

/** Only meant for pg_upgrade and initdb: they set oids, or write catalogs past every check. */
const machineryOnly: Acts = () => [act('configure', machinery, { extent: 'all', reversible: false, outsideTransaction: true, note: 'a function that only the programs of the server itself may call' })];

function relationAt(kind: ResourceKind, call: BuiltinCall, index: number): EntityRef {
  return { kind, path: regclassPath(textAt(call, index) ?? '') ?? [anyName], system: false };
}

/** Index maintenance reads the table and calls the functions of the index's expressions. */
const maintains: Acts = (call) => [act('execute', relationAt('index', call, 0), { extent: extentAt(call, 0) })];

/** The value of `key` in a list of key, value, key, value. */
function keyword(call: BuiltinCall, key: string): string | undefined {
  for (let i = 0; i + 1 < call.args.length; i += 2) if (textAt(call, i) === key) return textAt(call, i + 1);
  return undefined;
}

function statisticsOf(schema: string | undefined, table: string | undefined): ReturnType<typeof act> {
  const path = table === undefined ? [anyName] : [schema ?? anyName, table];
  return act('configure', { kind: 'table', path, system: false }, { extent: table === undefined ? 'unknown' : 'one', reversible: false, note: 'the statistics that the planner goes by' });
}

const upgradeNames = [
  'add_sub_rel_state', 'create_empty_extension', 'logical_slot_has_caught_up', 'replorigin_advance', 'set_missing_value', 'set_next_array_pg_type_oid',
  'set_next_attribute_versions',
  'set_next_heap_pg_class_oid', 'set_next_heap_relfilenode', 'set_next_index_pg_class_oid', 'set_next_index_relfilenode',
  'set_next_multirange_array_pg_type_oid', 'set_next_multirange_pg_type_oid', 'set_next_pg_authid_oid', 'set_next_pg_enum_oid',
  'set_next_pg_tablespace_oid', 'set_next_pg_type_oid', 'set_next_toast_pg_class_oid', 'set_next_toast_pg_type_oid', 'set_next_toast_relfilenode',
  'set_record_init_privs',
].map((name) => `binary_upgrade_${name}`);

export const serverHazards: readonly (readonly [string, Acts])[] = [
  // Functions admin page, Server Signaling Functions.
  ['pg_reload_conf', configures('reads the configuration files of the server again')],
  ['pg_rotate_logfile', configures('starts a new log file of the server')], ['pg_rotate_logfile_old', configures('starts a new log file of the server')],
  // Functions admin page, Recovery Control Functions.
  ['pg_promote', configures('makes a standby the primary')],
  ['pg_wal_replay_pause', configures('stops the replay of a standby')], ['pg_wal_replay_resume', configures('goes on with the replay of a standby')],
  // Functions admin page, Backup Control Functions (the second pair until PostgreSQL 14).
  ['pg_backup_start', configures('starts a base backup')], ['pg_backup_stop', configures('ends a base backup')],
  ['pg_start_backup', configures('starts a base backup')], ['pg_stop_backup', configures('ends a base backup')],
  ['pg_create_restore_point', configures('writes a restore point')], ['pg_switch_wal', configures('starts a new write-ahead log file')],
  ['pg_log_standby_snapshot', configures('writes a snapshot to the write-ahead log')],
  // Monitoring, Statistics Functions: what was counted is gone.
  ...['pg_stat_reset', 'pg_stat_reset_shared', 'pg_stat_reset_single_table_counters', 'pg_stat_reset_single_function_counters', 'pg_stat_reset_slru',
    'pg_stat_reset_replication_slot', 'pg_stat_reset_subscription_stats', 'pg_stat_reset_backend_stats'].map((name) => [name, configures('resets counters that monitoring reads')] as const),
  // Functions admin page, Database Object Statistics Manipulation Functions (PostgreSQL 18).
  ['pg_restore_relation_stats', (call) => [statisticsOf(keyword(call, 'schemaname'), keyword(call, 'relname'))]],
  ['pg_restore_attribute_stats', (call) => [statisticsOf(keyword(call, 'schemaname'), keyword(call, 'relname'))]],
  ['pg_clear_relation_stats', (call) => [statisticsOf(textAt(call, 0), textAt(call, 1))]],
  ['pg_clear_attribute_stats', (call) => [statisticsOf(textAt(call, 0), textAt(call, 1))]],
  // Functions admin page, Index Maintenance Functions.
  ['brin_summarize_new_values', maintains], ['brin_summarize_range', maintains], ['brin_desummarize_range', maintains], ['gin_clean_pending_list', maintains],
  // Functions admin page, Collation Management Functions.
  ['pg_import_system_collations', (call) => [act('define', { kind: 'collation', path: [textAt(call, 0) ?? anyName, anyName], system: false }, { extent: 'all' })]],
  // Packaging Related Objects into an Extension, Extension Configuration Tables.
  ['pg_extension_config_dump', () => [act('configure', { kind: 'extension', path: [anyName], system: false }, { extent: 'unknown' })]],
  ...upgradeNames.map((name) => [name, machineryOnly] as const),
  // src/backend/catalog/catalog.c: for initdb and for the repair of catalogs.
  ['pg_nextoid', machineryOnly], ['pg_stop_making_pinned_objects', machineryOnly],
];

