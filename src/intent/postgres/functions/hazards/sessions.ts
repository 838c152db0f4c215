import { act, anyName, builtinFunction, extentAt, textAt, thingAt, type Acts } from '../act.ts';
import type { EntityRef } from '../../../../core/resource.ts';

const sleeps: Acts = (call) => [act('execute', builtinFunction(call), { extent: 'one', note: 'keeps its session, and what it has locked, for a while' })];

/** One key of 64 bits or two of 32; the two spaces do not meet. A lock of the session outlives a rollback. */
const locks = (outlivesTransaction: boolean): Acts => (call) => {
  const keys = call.args.slice(0, 2).map((_, index) => textAt(call, index) ?? anyName);
  const lock: EntityRef = { kind: 'lock', path: keys.length === 0 ? [anyName] : keys, system: false };
  const extent = keys.length === 0 || keys.includes(anyName) ? 'unknown' : 'one';
  return [act('execute', lock, outlivesTransaction ? { extent, outsideTransaction: true } : { extent })];
};

const lockNames = ['pg_advisory_lock', 'pg_advisory_lock_shared', 'pg_try_advisory_lock', 'pg_try_advisory_lock_shared', 'pg_advisory_unlock', 'pg_advisory_unlock_shared', 'pg_advisory_unlock_all'];
const transactionLockNames = ['pg_advisory_xact_lock', 'pg_advisory_xact_lock_shared', 'pg_try_advisory_xact_lock', 'pg_try_advisory_xact_lock_shared'];

export const sessionHazards: readonly (readonly [string, Acts])[] = [
  // Functions admin page, Server Signaling Functions: other people's sessions.
  ['pg_terminate_backend', (call) => [act('destroy', thingAt('session', call, 0), { extent: extentAt(call, 0), outsideTransaction: true, note: 'ends a session, and its transaction' })]],
  ['pg_cancel_backend', (call) => [act('configure', thingAt('session', call, 0), { extent: extentAt(call, 0), reversible: false, outsideTransaction: true, note: 'cancels what a session is doing' })]],
  ['pg_log_backend_memory_contexts', (call) => [act('execute', thingAt('session', call, 0), { extent: extentAt(call, 0), outsideTransaction: true, note: 'writes to the log of the server' })]],
  // Functions admin page, Configuration Settings Functions. A third argument that is computed may be false, which lasts longer.
  ['set_config', (call) => [{ setting: { name: textAt(call, 0)?.toLowerCase(), value: textAt(call, 1), local: call.args[2] === true } }]],
  // Functions admin page, Advisory Lock Functions. Migration tools take one before they start.
  ...lockNames.map((name) => [name, locks(true)] as const),
  ...transactionLockNames.map((name) => [name, locks(false)] as const),
  // Date/Time Functions, Delaying Execution.
  ['pg_sleep', sleeps], ['pg_sleep_for', sleeps], ['pg_sleep_until', sleeps],
  // NOTIFY, Notes: the payload goes to every session of the database that listens, at commit.
  ['pg_notify', (call) => [act('insert', thingAt('channel', call, 0), { extent: 'one', note: 'reaches every session that listens' })]],
  // Functions admin page, Snapshot Synchronization Functions.
  ['pg_export_snapshot', (call) => [act('execute', builtinFunction(call), { extent: 'one' })]],
];
