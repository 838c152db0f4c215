import type { Held } from '../../core/interpretation.ts';
import type { EntityRef } from '../../core/resource.ts';
import type { Reading } from './reading.ts';
import { thing } from './resources.ts';

/** What is held is decided again when it runs, under its name. */
export function repeat(held: Held | 'unknown' | undefined, kind: 'prepared' | 'cursor', name: string, reading: Reading): void {
  reading.readsSession = true;
  const ref = thing(kind, [name]);
  if (held === undefined || held === 'unknown') {
    reading.opaque(kind === 'cursor' ? 'unknown-cursor' : 'unknown-prepared', ref, 'nothing of this name was seen being made');
    return;
  }
  replay(held, ref, reading);
}

/** Adds what is held, as it stands here or, under a name, as caused by the whole statement. */
export function replay(held: Held, name: EntityRef | undefined, reading: Reading): void {
  for (const call of held.calls ?? []) reading.calls.set(Number(call.id), call);
  const via = reading.via;
  for (const { verb, resource, via: way, ...details } of held.effects) {
    reading.via = name === undefined ? way : [...via, name, ...way];
    reading.add(verb, resource, name === undefined ? details : { ...details, span: reading.span });
  }
  reading.via = via;
}
