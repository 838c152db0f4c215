import { act, anyName, extentAt, textAt, type Act, type Acts } from '../act.ts';
import type { BuiltinCall } from '../builtins.ts';
import type { EntityRef } from '../../../../core/resource.ts';
import { all, configures, defines, named, opaque, relationAt, runsSql, type Pack } from './pack.ts';

/** `cron.schedule([job_name,] schedule, command)`: what will run, again and again, as the user who asks for it now. */
const schedules: Acts = (call) => [...runsSql(call.args.length > 2 ? 2 : 1)(call), ...configures(call)];

/** `cron.alter_job(job_id, schedule, command, database, username, active)`: a job that stays what it is only changes when it runs. */
const altersJob: Acts = (call) => {
  const [, , command, database, username] = call.args;
  const constant = call.args.length > 0 && call.args.slice(1).every((arg) => arg !== undefined) && (database ?? null) === null && (username ?? null) === null;
  if (!constant) return [...opaque('a job\'s command, database or user may be another one')(call), ...configures(call)];
  return [...(typeof command === 'string' ? [{ sql: command }] : []), ...configures(call)];
};

const cron: Pack = {
  harmless: 'job_cache_invalidate',
  hazards: [
    ...all('schedule', schedules), ...all('alter_job', altersJob), ...all('unschedule', configures),
    ...all('schedule_in_database', (call) => [...opaque('SQL that runs in another database, or as another user')(call), ...configures(call)]),
  ],
};

const anyTable = { kind: 'table', path: [anyName], system: false } as const;

/** The set of the argument; without one every set that is configured. */
function setOf(call: BuiltinCall, index = 0): EntityRef {
  return relationAt('table', call, index);
}

/** Of a set named by schema and table, as two arguments. */
function definesNamed(verb: 'define' | 'grant', call: BuiltinCall): Act {
  const { resource, extent } = named('table', call, 0, 2);
  return act(verb, resource, { extent });
}

const dropsColumn: Acts = (call) => {
  const { path } = setOf(call);
  const column = textAt(call, 1);
  const known = column !== undefined && path[0] !== anyName;
  return [act('destroy', { kind: 'column', path: known ? [...path, column] : [anyName], system: false }, { extent: 'all' })];
};

/** It makes partitions, and drops those that the set's retention lets go of. */
const maintains: Acts = (call) => [
  act('define', setOf(call), { extent: extentAt(call, 0), outsideTransaction: true }),
  act('destroy', setOf(call), { extent: 'unknown', outsideTransaction: true, note: 'partitions past the retention of their set' }),
];
const movesRows: Acts = (call) => [act('update', setOf(call), { extent: 'all', outsideTransaction: true, note: 'rows move between the partitions of a set' })];
const undoes: Acts = (call) => [...movesRows(call), act('destroy', setOf(call), { extent: 'all', outsideTransaction: true, note: 'the partitions of a set' })];
const dropsPartitions: Acts = (call) => [act('destroy', setOf(call), { extent: 'unknown', note: 'partitions older than a limit' })];

/** pg_partman's own documentation, which names each by its purpose. */
const partman: Pack = {
  harmless: 'show_partition_info show_partition_name show_partitions',
  hazards: [
    ...all('check_default', () => [act('read', anyTable, { extent: 'all', note: 'counts the rows of default partitions' })]),
    ...all('create_parent create_sub_parent create_function_id create_function_time create_partition_id create_partition_time create_trigger partition_gap_fill stop_sub_partition',
      defines(0)),
    ...all('apply_constraints apply_foreign_keys apply_publications drop_constraints inherit_template_properties reapply_constraints_proc', defines(0)),
    ...all('apply_cluster autovacuum_off autovacuum_reset', (call) => [definesNamed('define', call)]),
    ...all('apply_privileges', (call) => [definesNamed('grant', call)]), ...all('reapply_privileges', (call) => [act('grant', setOf(call), { extent: extentAt(call, 0) })]),
    ...all('drop_partition_column', dropsColumn),
    ...all('run_maintenance run_maintenance_proc', maintains),
    ...all('partition_data_id partition_data_proc partition_data_time', movesRows),
    ...all('undo_partition undo_partition_proc', undoes),
    ...all('drop_partition_id drop_partition_time', dropsPartitions),
    ...all('run_analyze', (call) => [act('read', setOf(call, 2), { extent: 'all', columns: 'all' })]),
  ],
};

/** Its program calls these as a superuser, to put a copy of a table in the table's place. Some of them are declared stable. */
const repack: Pack = {
  harmless: '',
  hazards: [
    ...all('repack_apply', opaque('runs SQL that its arguments hold')),
    ...all('repack_swap repack_drop repack_index_swap', () => [act('define', anyTable, { extent: 'unknown', reversible: false, note: 'another file in the place of a table\'s' })]),
    ...all('disable_autovacuum', defines(0)),
    ...all('repack_trigger', opaque('a trigger that builds SQL from its arguments')),
  ],
};

/** Extensions that do upkeep, now or later. */
export const jobs: Readonly<Record<string, Pack>> = { pg_cron: cron, pg_partman: partman, pg_repack: repack };
