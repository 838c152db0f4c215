import type { Span } from '../../core/effect.ts';
import type { Held, SessionHistory, SessionState } from '../../core/interpretation.ts';
import { splitIdentifiers } from './identifiers.ts';
import { isAccessMode } from './read-only.ts';
import type { Reading } from './reading.ts';
import { thing } from './resources.ts';
import { classifyChange, isUtf8, parseBoolean } from './settings.ts';

/** Ends the name of an own relation that is a view; no written name ends so. */
export const viewMark = '\0view';

type Path = SessionState['searchPath'];

function history(state: SessionState): SessionHistory {
  return state.history ?? { start: state.searchPath };
}

function setPath(path: Path, local: boolean, reading: Reading): void {
  const { state } = reading;
  const past = history(state);
  const begin = past.begin;
  // Outside of a transaction SET LOCAL lasts as long as an implicit block that is not seen from here.
  const next = local && begin === undefined ? 'unknown' : path;
  reading.state = {
    ...state, searchPath: next,
    history: begin === undefined ? past : { ...past, begin: { ...begin, changed: local && begin.changed !== 'session' ? 'local' : 'session' } },
  };
}

/**
 * SET, RESET (`value` undefined) or set_config of one setting. `reset` tells "to its default" from "to a value that is not known".
 */
export function changeSetting(written: string, value: string | undefined, local: boolean, span: Span, reading: Reading, reset = false): void {
  const name = written.toLowerCase();
  reading.literalsMatter = true;
  if (isAccessMode(name)) reading.setsAccess = true;
  switch (classifyChange(name, value)) {
    case 'harmless': return;
    case 'search-path':
      setPath(reset ? history(reading.state).start : (value === undefined ? undefined : splitIdentifiers(value)) ?? 'unknown', local, reading);
      return;
    case 'encoding':
      // The gate's own startup packet made UTF8 the default.
      if (reset || (value !== undefined && isUtf8(value))) return;
      reading.state = { ...reading.state, encoding: 'other' };
      break;
    case 'strings':
      if (reset || (value !== undefined && parseBoolean(value) === true)) return;
      reading.state = { ...reading.state, standardConformingStrings: 'off' };
      break;
    case 'role':
      reading.state = { ...reading.state, role: 'changed' };
      reading.add('configure', thing('role', [reset ? 'none' : value ?? '*']), { span, note: 'rights and names are another role\'s from here on' });
      return;
    case 'gate':
      break;
    case 'other':
      reading.add('configure', thing('setting', [name]), { span });
      return;
  }
  reading.add('configure', thing('setting', [name], true), { span, note: 'the gate\'s reading or the server\'s safety depends on it' });
}

export function setSearchPath(names: readonly string[], local: boolean, reading: Reading): void {
  reading.literalsMatter = true;
  setPath(names, local, reading);
}

/** RESET ALL: all that this session changed goes back to what it started with. */
export function resetAll(reading: Reading): void {
  reading.setsAccess = true;
  const { state } = reading;
  const start = history(state).start;
  if (start !== state.searchPath) setPath(start, false, reading);
}

/** The state inside of a transaction, by that outside: the same object each time, so that what was read under it is known to hold again. */
const inside = new WeakMap<SessionState, SessionState>();

export function begin(reading: Reading): void {
  const { state } = reading;
  const past = history(state);
  // A second BEGIN is only a warning.
  if (past.begin !== undefined) return;
  let begun = inside.get(state);
  if (begun === undefined) {
    begun = { ...state, history: { ...past, begin: { path: state.searchPath, own: state.ownRelations, changed: 'no', outside: state } } };
    inside.set(state, begun);
  }
  reading.state = begun;
}

/** Did the transaction leave all as it was? */
function isUntouched(state: SessionState, outside: SessionState): boolean {
  return state.searchPath === outside.searchPath && state.role === outside.role && state.encoding === outside.encoding && state.prepared === outside.prepared
    && state.cursors === outside.cursors && state.ownRelations === outside.ownRelations && state.standardConformingStrings === outside.standardConformingStrings;
}

/** COMMIT or ROLLBACK. A COMMIT of a failed transaction is a rollback, which is not seen from here. */
export function end(how: 'commit' | 'rollback', chain: boolean, reading: Reading): void {
  const { state } = reading;
  const past = history(state);
  const was = past.begin;
  if (was === undefined) return;
  if (!chain && was.changed === 'no' && was.outside !== undefined && isUntouched(state, was.outside)) {
    reading.state = was.outside;
    return;
  }
  const searchPath = was.changed === 'session' ? 'unknown' : was.changed === 'local' ? was.path : state.searchPath;
  const own = withoutMarks(how === 'rollback' ? was.own : state.ownRelations);
  const next: SessionState = { ...state, searchPath, ownRelations: own, history: { start: past.start } };
  reading.state = chain ? { ...next, history: { start: past.start, begin: { path: searchPath, own, changed: 'no' } } } : next;
}

/** ROLLBACK TO: what was set since the savepoint, which is not remembered, is undone. */
export function rollbackTo(reading: Reading): void {
  const { state } = reading;
  if (state.history?.begin !== undefined && state.history.begin.changed !== 'no') reading.state = { ...state, searchPath: 'unknown' };
}

/** A view's definition is not kept: what reads it is opaque until the catalog knows it. */
export function ownView(path: readonly string[], reading: Reading): void {
  ownRelation([`${path.join('.')}${viewMark}`], reading);
}

export function ownRelation(path: readonly string[], reading: Reading): void {
  const { state } = reading;
  reading.state = { ...state, ownRelations: new Set([...state.ownRelations, path.join('.')]) };
}

/** Between the name of an own relation and the version of the catalog that does not know of its change yet; no written name has it. */
const changeMark = '\0changed ';

/**
 * What a name means, or what hangs on it, is another thing from here on than the catalog says: after RENAME, another schema, a new foreign key with
 * an action, a new child. Until the transaction has ended, or outside of a block until the catalog is another one.
 */
export function markChanged(kind: 'relation' | 'function' | 'type', name: string, reading: Reading): void {
  const { state, catalog } = reading;
  const kept = [...state.ownRelations].filter((own) => state.history?.begin !== undefined || !own.includes(changeMark) || own.endsWith(`${changeMark}${catalog.version}`));
  reading.state = { ...state, ownRelations: new Set([...kept, `${kind} ${name}${changeMark}${catalog.version}`]) };
}

export function isChanged(kind: 'relation' | 'function' | 'type', name: string, reading: Reading): boolean {
  const { ownRelations: own, history: past } = reading.state;
  if (own.size === 0) return false;
  const mark = `${kind} ${name}${changeMark}`;
  return own.has(`${mark}${reading.catalog.version}`) || (past?.begin !== undefined && [...own].some((one) => one.startsWith(mark)));
}

function withoutMarks(own: SessionState['ownRelations']): SessionState['ownRelations'] {
  const left = [...own].filter((name) => !name.includes(changeMark));
  return left.length === own.size ? own : new Set(left);
}

export function discardTemporary(reading: Reading): void {
  const { state } = reading;
  const left = [...state.ownRelations].filter((name) => !name.startsWith('pg_temp.'));
  if (left.length < state.ownRelations.size) reading.state = { ...state, ownRelations: new Set(left) };
}

export function hold(table: 'prepared' | 'cursors', name: string, held: Held, reading: Reading): void {
  const { state } = reading;
  reading.state = { ...state, [table]: new Map([...state[table], [name, held]]) };
}

/** `name` undefined: all. */
export function release(table: 'prepared' | 'cursors', name: string | undefined, reading: Reading): void {
  const { state } = reading;
  if (state[table].size === 0 || (name !== undefined && !state[table].has(name))) return;
  const rest = new Map(name === undefined ? [] : state[table]);
  if (name !== undefined) rest.delete(name);
  reading.state = { ...state, [table]: rest };
}
