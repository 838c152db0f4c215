import { act, anyName, extentAt, textAt, thingAt, type Acts } from '../act.ts';
import type { EntityRef } from '../../../../core/resource.ts';

const anyObject: EntityRef = { kind: 'large-object', path: [anyName], system: false };

/**
 * Chapter Large Objects, Server-side Functions, and the client interface's functions, which SQL can call as well (pg_proc has them all).
 * A descriptor says nothing about which object it is of, but it is one.
 */
export const largeObjectHazards: readonly (readonly [string, Acts])[] = [
  ['lo_import', (call) => [
    act('read', thingAt('path', call, 0), { extent: extentAt(call, 0), note: 'a file on the database server' }),
    act('insert', { kind: 'large-object', path: [textAt(call, 1) ?? anyName], system: false }, { extent: 'one' }),
  ]],
  ['lo_export', (call) => [
    act('export', thingAt('large-object', call, 0), { extent: extentAt(call, 0), sink: 'file', outsideTransaction: true, note: 'to a file on the database server' }),
    act('update', thingAt('path', call, 1), { extent: extentAt(call, 1), outsideTransaction: true, note: 'writes a file on the database server' }),
  ]],
  ['lo_unlink', (call) => [act('destroy', thingAt('large-object', call, 0), { extent: extentAt(call, 0) })]],
  ['lo_create', (call) => [act('insert', thingAt('large-object', call, 0), { extent: 'one' })]],
  ['lo_creat', () => [act('insert', anyObject, { extent: 'one' })]],
  ['lo_from_bytea', (call) => [act('insert', thingAt('large-object', call, 0), { extent: 'one' })]],
  ['lo_put', (call) => [act('update', thingAt('large-object', call, 0), { extent: 'one' })]],
  ['lowrite', () => [act('update', anyObject, { extent: 'one' })]],
  ['lo_truncate', () => [act('update', anyObject, { extent: 'one' })]],
  ['lo_truncate64', () => [act('update', anyObject, { extent: 'one' })]],
  ['lo_get', (call) => [act('read', thingAt('large-object', call, 0), { extent: extentAt(call, 0) })]],
  ['lo_open', (call) => [act('read', thingAt('large-object', call, 0), { extent: extentAt(call, 0) })]],
  ['loread', () => [act('read', anyObject, { extent: 'one' })]],
];
