import { act, extentAt, thingAt, type Acts } from '../act.ts';
import type { EntityRef } from '../../../../core/resource.ts';

/** Functions admin page, Generic File Access Functions: files of the server's host, by name. */
const readsFile: Acts = (call) => [act('read', thingAt('path', call, 0), { extent: extentAt(call, 0), note: 'a file on the database server' })];

const readsFolder: Acts = (call) => [act('read', thingAt('path', call, 0), { extent: 'all', note: 'a folder on the database server' })];

const listsOwnFolder = (path: string): Acts => () => {
  const folder: EntityRef = { kind: 'path', path: [path], system: true };
  return [act('read', folder, { extent: 'all', note: 'names and sizes of files in a folder of the database server' })];
};

export const fileHazards: readonly (readonly [string, Acts])[] = [
  ['pg_read_file', readsFile], ['pg_read_file_old', readsFile], ['pg_read_binary_file', readsFile], ['pg_stat_file', readsFile],
  ['pg_ls_dir', readsFolder],
  ['pg_ls_logdir', listsOwnFolder('log')], ['pg_ls_waldir', listsOwnFolder('pg_wal')], ['pg_ls_tmpdir', listsOwnFolder('pgsql_tmp')],
  ['pg_ls_archive_statusdir', listsOwnFolder('pg_wal/archive_status')], ['pg_ls_summariesdir', listsOwnFolder('pg_wal/summaries')],
  ['pg_ls_logicalsnapdir', listsOwnFolder('pg_logical/snapshots')], ['pg_ls_logicalmapdir', listsOwnFolder('pg_logical/mappings')],
  ['pg_ls_replslotdir', listsOwnFolder('pg_replslot')],
];
