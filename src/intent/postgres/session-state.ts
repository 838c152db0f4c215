import type { Span } from '../../core/effect.ts';
import type { EntityRef } from '../../core/resource.ts';
import type { Held, SessionHistory, SessionState } from '../../core/interpretation.ts';
import { unsureAfter, unsureMark } from './changes.ts';
import { splitIdentifiers } from './identifiers.ts';
import { isAccessMode } from './read-only.ts';
import type { Reading } from './reading.ts';
import { thing } from './resources.ts';
import { classifyChange, isUtf8, parseBoolean } from './settings.ts';

/** Ends the name of an own relation that is a view; no written name ends so. */
export const viewMark = '\0view';

/** Stands among own relations where the session may have become a replica, in which other triggers and rules run. */
export const replicaMark = '\0replica';

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
  // It holds in a function that has another one of its own, too.
  reading.pathOverride = undefined;
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
      if (name === 'session_replication_role') reading.state = { ...reading.state, ownRelations: new Set([...reading.state.ownRelations, replicaMark]) };
      break;
    case 'other':
      reading.add('configure', thing('setting', [name]), { span });
      return;
  }
  reading.add('configure', thing('setting', [name], true), { span, note: 'the gate\'s reading or the server\'s safety depends on it' });
}

/** Which setting is not known before it runs: it may be each of those that decide what text means. What the server reports of itself is the truth again. */
export function changeSomeSetting(span: Span, reading: Reading): void {
  reading.setsAccess = true;
  reading.add('configure', thing('setting', ['*'], true), { span, note: 'which setting is not known before it runs' });
  setPath('unknown', false, reading);
  const { state } = reading;
  reading.state = { ...state, role: 'changed', encoding: 'other', standardConformingStrings: 'off', ownRelations: new Set([...state.ownRelations, replicaMark]) };
}

/** A change of pg_settings is one of the settings that its rows are of, by a rule of the server's own (src/backend/catalog/system_views.sql). */
export function changeShownSettings({ system, path }: EntityRef, event: string, span: Span, reading: Reading): void {
  if (event === 'update' && system && path.at(-1) === 'pg_settings') changeSomeSetting(span, reading);
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
    begun = { ...state, history: { ...past, begin: { path: state.searchPath, own: state.ownRelations, changes: state.changed, changed: 'no', outside: state } } };
    inside.set(state, begun);
  }
  reading.state = begun;
}

/** Did the transaction leave all as it was? */
function isUntouched(state: SessionState, outside: SessionState): boolean {
  return state.searchPath === outside.searchPath && state.role === outside.role && state.encoding === outside.encoding && state.prepared === outside.prepared
    && state.cursors === outside.cursors && state.ownRelations === outside.ownRelations && state.changed === outside.changed && state.standardConformingStrings === outside.standardConformingStrings;
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
  const { own, changes } = how === 'rollback' ? was : { own: state.ownRelations, changes: state.changed };
  const next: SessionState = { ...state, searchPath, ownRelations: own, changed: changes, history: { start: past.start } };
  reading.state = chain ? { ...next, history: { start: past.start, begin: { path: searchPath, own, changes, changed: 'no' } } } : next;
}

/** ROLLBACK TO: what was set since the savepoint, which is not remembered, is undone. */
export function rollbackTo(reading: Reading): void {
  const { state } = reading;
  if (state.history?.begin !== undefined && state.history.begin.changed !== 'no') reading.state = { ...state, searchPath: 'unknown' };
  reading.state = unsureAfter(reading.state);
}

/** A view's definition is not kept: what reads it is opaque until the catalog knows it. */
export function ownView(path: readonly string[], reading: Reading): void {
  ownRelation([`${path.join('.')}${viewMark}`], reading);
}

export function ownRelation(path: readonly string[], reading: Reading): void {
  const { state } = reading;
  const own = new Set([...state.ownRelations, path.join('.')]);
  if (!reading.inFunction) own.delete(`${path.join('.')}${unsureMark}`);
  reading.state = { ...state, ownRelations: own };
}

/** A relation of the session's own is gone. */
export function forgetRelation(path: readonly string[], reading: Reading): void {
  const { state } = reading;
  const name = path.join('.');
  const left = [...state.ownRelations].filter((own) => own !== name && !own.startsWith(`${name}\0`));
  if (left.length < state.ownRelations.size) reading.state = { ...state, ownRelations: new Set(left) };
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
