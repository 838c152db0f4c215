import { act, type Acts } from '../act.ts';
import { all, anyHost, configures, opaque, readsTable, relationAt, runsSql, type Pack } from './pack.ts';

/** SQL for another connection, which may well lead back to this server, past the gate. */
const runsElsewhere: Acts = (call) => [
  act('export', anyHost, { extent: 'unknown', columns: 'all', sink: 'network', outsideTransaction: true, note: 'sends a statement over a connection of the server\'s own' }),
  ...opaque('runs SQL on another connection, past the gate')(call),
];
const connects: Acts = () => [act('execute', anyHost, { extent: 'unknown', reversible: false, outsideTransaction: true, note: 'opens a connection of the server\'s own' })];
const answers: Acts = () => [act('read', anyHost, { extent: 'unknown', columns: 'all', note: 'what another connection answered' })];
const requests: Acts = (call) => [act('export', anyHost, { extent: 'unknown', columns: 'all', sink: 'network', outsideTransaction: true, note: `${call.name}: a request from the database server` })];

/** Extensions that reach other servers. Documentation: appendix Additional Supplied Modules; of `http` and `aws_s3` their own. */
export const elsewhere: Readonly<Record<string, Pack>> = {
  dblink: {
    harmless: 'dblink_current_query dblink_fdw_validator dblink_get_connections dblink_get_pkey',
    hazards: [
      ...all('dblink dblink_exec dblink_send_query dblink_open', runsElsewhere), ...all('dblink_connect dblink_connect_u dblink_disconnect dblink_cancel_query', connects),
      ...all('dblink_fetch dblink_get_result dblink_get_notify dblink_is_busy dblink_error_message dblink_close', answers),
      ...all('dblink_build_sql_insert dblink_build_sql_update dblink_build_sql_delete', readsTable(0)),
    ],
  },
  postgres_fdw: { harmless: 'postgres_fdw_handler postgres_fdw_validator', hazards: [...all('postgres_fdw_disconnect postgres_fdw_disconnect_all', connects), ...all('postgres_fdw_get_connections', answers)] },
  // Which file or program a foreign table reads is said in its options.
  file_fdw: { harmless: 'file_fdw_handler file_fdw_validator' },
  aws_s3: {
    harmless: '',
    hazards: [
      ...all('query_export_to_s3', (call) => [...runsSql(0)(call), act('export', anyHost, { extent: 'all', columns: 'all', sink: 'network', outsideTransaction: true })]),
      ...all('table_import_from_s3', (call) => [act('insert', relationAt('table', call, 0), { extent: 'unknown', columns: 'all' }), act('read', anyHost, { extent: 'unknown' })]),
    ],
  },
  // Its functions only put a request into a table, from where a worker of the server sends it (pg_net's documentation).
  pg_net: { harmless: '', hazards: [...all('http_get http_post http_delete', requests), ...all('http_collect_response _http_collect_response', answers), ...all('worker_restart', configures)] },
  http: { harmless: '', hazards: all('http http_get http_post http_put http_patch http_delete http_head', requests) },
};
