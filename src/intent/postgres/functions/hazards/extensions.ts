import { act, anyName, builtinFunction, catalogView, extentAt, server, textAt, thingAt, type Act, type Acts } from '../act.ts';
import { regclassPath } from '../regclass.ts';
import type { BuiltinCall } from '../builtins.ts';
import type { EntityRef } from '../../../../core/resource.ts';

const anyHost: EntityRef = { kind: 'host', path: [anyName], system: false };

/** SQL for another connection, which may well lead back to this server, past the gate. */
const runsElsewhere: Acts = (call) => [
  act('export', anyHost, { extent: 'unknown', columns: 'all', sink: 'network', outsideTransaction: true, note: 'sends a statement over a connection of the server\'s own' }),
  act('opaque', { kind: 'function', path: [call.name], system: false }, { extent: 'unknown', reason: 'not-modelled', note: 'runs SQL on another connection, past the gate' }),
];
const connects: Acts = () => [act('execute', anyHost, { extent: 'unknown', reversible: false, outsideTransaction: true, note: 'opens a connection of the server\'s own' })];
const answers: Acts = () => [act('read', anyHost, { extent: 'unknown', columns: 'all', note: 'what another connection answered' })];

function tableAt(call: BuiltinCall, index: number): EntityRef {
  return { kind: 'table', path: regclassPath(textAt(call, index) ?? '') ?? [anyName], system: false };
}

/** Pages and log records hold every row, also deleted ones, past masks and row security. */
const readsPages: Acts = (call) => [act('read', tableAt(call, 0), { extent: 'all', columns: 'all', note: 'raw pages of the relation' })];
const readsLog: Acts = () => [act('read', server, { extent: 'all', columns: 'all', note: 'records of the write-ahead log' })];
const destroysRows: Acts = (call) => [act('destroy', tableAt(call, 0), { extent: extentAt(call, 0) === 'one' ? 'bounded' : 'unknown', outsideTransaction: true, note: 'rewrites rows past every check' })];
const writesFile = (path: number): Acts => (call) => [act('update', thingAt('path', call, path), { extent: extentAt(call, path), outsideTransaction: true, note: 'a file on the database server' })];
const executes: Acts = (call) => [act('execute', { ...builtinFunction(call), path: [call.name], system: false }, { extent: 'one' })];
const configures: Acts = () => [act('configure', server, { extent: 'all', reversible: false, outsideTransaction: true })];
const runsSql = (index: number): Acts => (call) => {
  const value = call.args[index];
  return [{ sql: typeof value === 'string' ? value : undefined }];
};
const buildsSql: Acts = () => [{ sql: undefined }];

function opaque(note: string): Acts {
  return (call): readonly Act[] => [act('opaque', { kind: 'function', path: [call.name], system: false }, { extent: 'unknown', reason: 'not-modelled', note })];
}

function all(names: string, acts: Acts): readonly (readonly [string, Acts])[] {
  return names.split(' ').map((name) => [name, acts]);
}

const packs: readonly (readonly [string, readonly (readonly [string, Acts])[]])[] = [
  ['dblink', [
    ...all('dblink dblink_exec dblink_send_query dblink_open', runsElsewhere), ...all('dblink_connect dblink_connect_u dblink_disconnect dblink_cancel_query', connects),
    ...all('dblink_fetch dblink_get_result dblink_get_notify dblink_is_busy dblink_error_message dblink_close', answers),
    ...all('dblink_build_sql_insert dblink_build_sql_update dblink_build_sql_delete', readsPages),
  ]],
  ['postgres_fdw', [...all('postgres_fdw_disconnect postgres_fdw_disconnect_all', connects), ...all('postgres_fdw_get_connections', answers)]],
  ['adminpack', [
    ...all('pg_file_write pg_file_sync', writesFile(0)), ...all('pg_file_unlink', (call) => [act('destroy', thingAt('path', call, 0), { extent: extentAt(call, 0), outsideTransaction: true })]),
    ...all('pg_file_rename', (call) => [
      act('destroy', thingAt('path', call, 0), { extent: extentAt(call, 0), outsideTransaction: true }),
      act('update', thingAt('path', call, 1), { extent: extentAt(call, 1), outsideTransaction: true }),
    ]),
    ...all('pg_logdir_ls', () => [act('read', { kind: 'path', path: ['log'], system: true }, { extent: 'all' })]),
  ]],
  // The second argument of crosstab is a number, which does nothing, or another query.
  ['tablefunc', [
    ...all('crosstab', (call) => (call.args.length > 1 && typeof call.args[1] !== 'number' ? [...runsSql(0)(call), ...runsSql(1)(call)] : runsSql(0)(call))),
    ...all('crosstab2 crosstab3 crosstab4', runsSql(0)), ...all('connectby', buildsSql),
  ]],
  ['xml2', [...all('xpath_table', buildsSql), ...all('xslt_process', opaque('a stylesheet can load documents'))]],
  ['pageinspect', all('get_raw_page fsm_page_contents bt_metap bt_page_stats bt_page_items bt_multi_page_stats hash_bitmap_info', readsPages)],
  ['pg_walinspect', all('pg_get_wal_record_info pg_get_wal_records_info pg_get_wal_records_info_till_end_of_wal pg_get_wal_block_info pg_get_wal_stats pg_get_wal_stats_till_end_of_wal', readsLog)],
  ['pg_surgery', all('heap_force_kill heap_force_freeze', destroysRows)],
  ['pg_visibility', all('pg_truncate_visibility_map', destroysRows)],
  ['pg_stat_statements', [...all('pg_stat_statements', () => [act('read', catalogView('pg_stat_statements'), { extent: 'all', columns: 'all' })]), ...all('pg_stat_statements_reset', configures)]],
  ['pg_prewarm', all('pg_prewarm autoprewarm_start_worker autoprewarm_dump_now', executes)],
  ['pg_buffercache', all('pg_buffercache_evict pg_buffercache_evict_relation pg_buffercache_evict_all', configures)],
  ['refint', all('check_primary_key check_foreign_key', opaque('a trigger that builds SQL from its arguments'))],
  ['lo', all('lo_manage', () => [act('destroy', { kind: 'large-object', path: [anyName], system: false }, { extent: 'one' })])],
  ['pg_cron', [...all('schedule', (call) => [...runsSql(call.args.length > 2 ? 2 : 1)(call), ...configures(call)]), ...all('schedule_in_database alter_job unschedule', configures)]],
  ['aws_s3', [
    ...all('query_export_to_s3', (call) => [...runsSql(0)(call), act('export', anyHost, { extent: 'all', columns: 'all', sink: 'network', outsideTransaction: true })]),
    ...all('table_import_from_s3', (call) => [act('insert', tableAt(call, 0), { extent: 'unknown', columns: 'all' }), act('read', anyHost, { extent: 'unknown' })]),
  ]],
  ['http', all('http http_get http_post http_put http_patch http_delete http_head', (call) => [act('export', anyHost, { extent: 'unknown', columns: 'all', sink: 'network', outsideTransaction: true, note: `${call.name}: a request from the database server` })])],
];

/** Functions with effects of extensions, by extension (documentation, appendix Additional Supplied Modules; or the extension's own). */
export const extensionHazards: ReadonlyMap<string, ReadonlyMap<string, Acts>> = new Map(packs.map(([extension, functions]) => [extension, new Map(functions)]));
