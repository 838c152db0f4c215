import { act, server, thingAt, type Acts } from '../act.ts';

const configures = (note: string): Acts => () => [act('configure', server, { extent: 'all', reversible: false, outsideTransaction: true, note })];

/**
 * Decoded changes are the rows of every table, past masks and row security. They are meant for a consumer elsewhere: sink `network`, whichever
 * connection carries them. `get` also lets go of what it gave.
 */
const decodes: Acts = () => [act('export', server, { extent: 'all', columns: 'all', sink: 'network', outsideTransaction: true, note: 'the changes of every table, decoded from the write-ahead log' })];

const slot = configures('a replication slot: what it has not read keeps the write-ahead log from being removed');
const origin = configures('the progress of replication');

/** Functions admin page, Replication Management Functions. */
export const replicationHazards: readonly (readonly [string, Acts])[] = [
  ['pg_logical_slot_get_changes', decodes], ['pg_logical_slot_get_binary_changes', decodes],
  ['pg_logical_slot_peek_changes', decodes], ['pg_logical_slot_peek_binary_changes', decodes],
  ['pg_create_physical_replication_slot', slot], ['pg_create_logical_replication_slot', slot], ['pg_drop_replication_slot', slot],
  ['pg_copy_physical_replication_slot', slot], ['pg_copy_logical_replication_slot', slot], ['pg_replication_slot_advance', slot],
  ['pg_sync_replication_slots', slot],
  ['pg_replication_origin_create', origin], ['pg_replication_origin_drop', origin], ['pg_replication_origin_advance', origin],
  ['pg_replication_origin_session_setup', origin], ['pg_replication_origin_session_reset', origin],
  ['pg_replication_origin_xact_setup', origin], ['pg_replication_origin_xact_reset', origin],
  // Not transactional when its first argument is false, or computed.
  ['pg_logical_emit_message', (call) => [act('insert', thingAt('channel', call, 1), call.args[0] === true
    ? { extent: 'one', note: 'a message to whoever decodes the write-ahead log' }
    : { extent: 'one', outsideTransaction: true, note: 'a message to whoever decodes the write-ahead log' })]],
];
