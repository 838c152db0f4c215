import type { Extent } from '../../../../core/effect.ts';
import type { EntityRef } from '../../../../core/resource.ts';
import { act, anyName, textAt, type Acts } from '../act.ts';
import type { BuiltinCall } from '../builtins.ts';
import { regclassPath } from '../regclass.ts';

/** By its name as written, which the caller looks up; any one when it is computed. */
function sequenceOf(call: BuiltinCall): readonly [EntityRef, { readonly extent: Extent }] {
  const path = regclassPath(textAt(call, 0) ?? '');
  return [{ kind: 'sequence', path: path ?? [anyName], system: false }, { extent: path === undefined ? 'unknown' : 'one' }];
}

/**
 * Sequence Manipulation Functions. A rollback undoes neither `nextval` nor `setval`. Only `setval` is `outsideTransaction`, whose record is durable
 * before it runs: it can make a sequence give numbers anew, and what it held before is lost. A step loses nothing, and gaps are in the nature of
 * sequences (a rollback and a crash of the server leave them, too); to sync for each one in a transaction would cost ordinary work much for little.
 * `lastval` is not among them: it names no sequence, and gives what a command of the same session got before.
 */
export const sequenceHazards: readonly (readonly [string, Acts])[] = [
  ['nextval', (call) => {
    const [ref, extent] = sequenceOf(call);
    return [act('update', ref, { ...extent, reversible: true, note: 'takes a number, which a rollback does not give back' })];
  }],
  ['setval', (call) => {
    const [ref, extent] = sequenceOf(call);
    return [act('update', ref, { ...extent, outsideTransaction: true, note: 'sets what the sequence gives next' })];
  }],
  ['currval', (call) => {
    const [ref, extent] = sequenceOf(call);
    return [act('read', ref, extent)];
  }],
];
