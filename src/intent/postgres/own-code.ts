import type { RangeVar } from '@pgsql/types';
import type { TriggerInfo } from '../../core/catalog.ts';
import type { Reading } from './reading.ts';
import { thing } from './resources.ts';
import { transitionTables } from './transition.ts';
import { readTriggerFunction } from './trigger-function.ts';

/** Ends the name of a relation of the session's own that runs code which the catalog does not know, and before what is known of a trigger of it. */
const codeMark = '\0code';
const triggerMark = '\0trigger ';

type Event = TriggerInfo['events'][number];

function note(text: string, reading: Reading): void {
  const { state } = reading;
  if (!state.ownRelations.has(text)) reading.state = { ...state, ownRelations: new Set([...state.ownRelations, text]) };
}

/** A relation of the session's own runs something whenever it is read or changed. */
export function noteOwnCode(path: readonly string[], reading: Reading): void {
  note(`${path.join('.')}${codeMark}`, reading);
}

/** The same of a trigger whose function the catalog knows. */
export function noteOwnTrigger(path: readonly string[], events: readonly Event[], oid: number, { oldTable, newTable }: Pick<TriggerInfo, 'oldTable' | 'newTable'>, reading: Reading): void {
  const tables = oldTable === undefined && newTable === undefined ? '' : ` ${JSON.stringify({ oldTable, newTable })}`;
  note(`${path.join('.')}${triggerMark}${events.join(',')} ${oid}${tables}`, reading);
}

/** No written name has it; DISCARD TEMP forgets what begins so. */
const typeMark = 'pg_temp.\0type ';

/** Of a temporary domain, whose checks do something, the catalog never learns. */
export function noteOwnType(names: readonly string[], reading: Reading): void {
  const path = reading.searchPath;
  const schema = names.length > 1 ? names[0] : path === 'unknown' ? 'pg_temp' : path[0];
  if (schema?.startsWith('pg_temp') === true) note(`${typeMark}${names.at(-1) ?? ''}`, reading);
}

/** Temporary types stand before all others. */
export function isOwnType(schema: string | undefined, name: string, { state }: Reading): boolean {
  return (schema === undefined || schema.startsWith('pg_temp')) && state.ownRelations.has(`${typeMark}${name}`);
}

/** What touching a relation by this name runs, if it is one of the session's own. */
export function runOwnCode(range: RangeVar, event: Event | 'select', reading: Reading): void {
  const own = reading.state.ownRelations;
  if (own.size === 0) return;
  const name = range.relname ?? '';
  const path = reading.searchPath === 'unknown' ? [] : reading.searchPath;
  const names = range.schemaname === undefined ? [name, ...['pg_temp', ...path].map((schema) => `${schema}.${name}`)] : [`${range.schemaname}.${name}`];
  for (const one of names) {
    if (own.has(`${one}${codeMark}`)) {
      reading.readsSession = true;
      reading.opaque('session-state', thing('table', one.split('.')), 'this session has made it with code that runs by itself, and the catalog does not know it', reading.at(range.location));
    }
    if (event === 'select') continue;
    for (const mark of own) if (mark.startsWith(`${one}${triggerMark}`)) runTrigger(mark.slice(one.length + triggerMark.length), event, one, reading);
  }
}

function runTrigger(text: string, event: Event, name: string, reading: Reading): void {
  const [events = '', oid = '', ...rest] = text.split(' ');
  if (!events.split(',').includes(event)) return;
  reading.readsSession = true;
  const way = thing('trigger', [...name.split('.'), 'own']);
  const names = rest.length === 0 ? {} : JSON.parse(rest.join(' ')) as Pick<TriggerInfo, 'oldTable' | 'newTable'>; // our own writing
  const tables = transitionTables(names, undefined, { extent: 'unknown' }, reading);
  reading.through(way, `own trigger ${name} ${text}`, () => { reading.repeatedly(() => { readTriggerFunction(Number(oid), way, reading, tables); }); });
}
