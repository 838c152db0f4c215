import { isAccessMode } from '../../read-only.ts';
import { act, anyName, catalogView, textAt, type Acts } from '../act.ts';
import { shownBy } from '../catalogs.ts';

/** As a read of the view would. */
const shows = (view: string): Acts => () => {
  const shown = shownBy(view, undefined);
  return [act('read', catalogView(view), { extent: 'all', columns: 'all' }), ...(shown === undefined ? [] : [act('read', shown.resource, { extent: shown.extent, note: shown.note })])];
};

/** Values that hold a password or a command with one (guc_tables.c: GUC_SUPERUSER_ONLY ones that are not plain folders). */
const secretSettings: ReadonlySet<string> = new Set([
  'primary_conninfo', 'ssl_passphrase_command', 'archive_command', 'archive_cleanup_command', 'restore_command', 'recovery_end_command', 'krb_server_keyfile', 'ssl_key_file',
]);
/** In the name of a setting of one's own (`app.jwt_secret`), where frameworks keep keys. */
const secretWords = ['secret', 'passw', 'token', 'key', 'credential'];

const readsSetting: Acts = (call) => {
  const name = textAt(call, 0)?.toLowerCase();
  const shown = name !== undefined && !isAccessMode(name) && !secretSettings.has(name) && !(name.includes('.') && secretWords.some((word) => name.includes(word)));
  return shown ? [] : [act('read', { kind: 'setting', path: [name ?? anyName], system: true }, { extent: name === undefined ? 'unknown' : 'one' })];
};

/** Functions behind the views of the chapter System Views and of Monitoring, which show others' queries, files of the server, or settings. */
export const shownStateHazards: readonly (readonly [string, Acts])[] = [
  ['current_setting', readsSetting],
  ['pg_show_all_settings', shows('pg_settings')], ['pg_show_all_file_settings', shows('pg_file_settings')],
  ['pg_hba_file_rules', shows('pg_hba_file_rules')], ['pg_ident_file_mappings', shows('pg_ident_file_mappings')],
  ...['pg_stat_get_activity', 'pg_stat_get_backend_activity', 'pg_stat_get_backend_activity_start', 'pg_stat_get_backend_client_addr',
    'pg_stat_get_backend_client_port', 'pg_stat_get_backend_start', 'pg_stat_get_backend_userid', 'pg_stat_get_backend_xact_start',
    'pg_stat_get_backend_wait_event', 'pg_stat_get_backend_wait_event_type'].map((name) => [name, shows('pg_stat_activity')] as const),
  ['pg_stat_get_wal_receiver', shows('pg_stat_wal_receiver')], ['pg_stat_get_wal_senders', shows('pg_stat_replication')],
  ['pg_prepared_statement', shows('pg_prepared_statements')], ['pg_cursor', shows('pg_cursors')], ['pg_prepared_xact', shows('pg_prepared_xacts')],
  // Contexts are named after the statements that are cached in them.
  ['pg_get_backend_memory_contexts', shows('pg_backend_memory_contexts')],
  // Statistics hold values of columns.
  ['pg_mcv_list_items', shows('pg_stats_ext')],
];
