import type { Held, Interpretation, SessionState } from '../core/interpretation.ts';

/** The state after a text of several statements failed somewhere: what it would have changed may or may not have changed. */
export function afterFailure(before: SessionState, interpretation: Interpretation): SessionState {
  const after = interpretation.nextState;
  if (after === before) return before;
  if (interpretation.statements.length <= 1) {
    const control = interpretation.statements[0]?.transaction;
    // A COMMIT that fails has ended the transaction all the same.
    return control === 'commit' || control === 'prepare-transaction' ? after : before;
  }
  return {
    searchPath: samePath(before.searchPath, after.searchPath) ? before.searchPath : 'unknown',
    role: after.role === before.role ? before.role : 'changed',
    encoding: after.encoding === before.encoding ? before.encoding : 'other',
    standardConformingStrings: after.standardConformingStrings === before.standardConformingStrings ? before.standardConformingStrings : 'off',
    prepared: unsure(before.prepared, after.prepared),
    cursors: unsure(before.cursors, after.cursors),
    ownRelations: before.ownRelations,
    changed: union(before.changed, after.changed),
  };
}

/** What changed between two states, applied to a third: names may have been held, and reports heard, while a command was on its way. */
export function rebase(current: SessionState, from: SessionState, to: SessionState): SessionState {
  if (current === from) return to;
  const history = from.history === to.history ? current.history : to.history;
  return {
    searchPath: samePath(from.searchPath, to.searchPath) ? current.searchPath : to.searchPath,
    role: from.role === to.role ? current.role : to.role,
    encoding: from.encoding === to.encoding ? current.encoding : to.encoding,
    standardConformingStrings: from.standardConformingStrings === to.standardConformingStrings ? current.standardConformingStrings : to.standardConformingStrings,
    prepared: rebaseNames(current.prepared, from.prepared, to.prepared),
    cursors: rebaseNames(current.cursors, from.cursors, to.cursors),
    ownRelations: from.ownRelations === to.ownRelations ? current.ownRelations : to.ownRelations,
    changed: from.changed === to.changed ? current.changed : union(current.changed, to.changed),
    ...(history === undefined ? {} : { history }),
  };
}

function rebaseNames(current: SessionState['prepared'], from: SessionState['prepared'], to: SessionState['prepared']): SessionState['prepared'] {
  if (from === to) return current;
  const names = new Map(current);
  for (const name of from.keys()) if (!to.has(name)) names.delete(name);
  for (const [name, held] of to) if (from.get(name) !== held) names.set(name, held);
  return names;
}

/** A transaction was rolled back: settings and relations are again as before it. Prepared statements are not transactional. */
export function afterRollback(current: SessionState, before: SessionState): SessionState {
  const { searchPath, role, encoding, standardConformingStrings, ownRelations, changed, history } = before;
  const { prepared, cursors } = current;
  return { searchPath, role, encoding, standardConformingStrings, prepared, cursors, ownRelations, changed, ...(history === undefined ? {} : { history }) };
}

/** As `current`, where it is sure that a rollback to `before` would change nothing; unknown where it is not. */
export function unsureOfRollback(current: SessionState, before: SessionState): SessionState {
  return {
    ...current,
    searchPath: samePath(current.searchPath, before.searchPath) ? current.searchPath : 'unknown',
    role: current.role === before.role ? current.role : 'changed',
    encoding: current.encoding === before.encoding ? current.encoding : 'other',
    standardConformingStrings: current.standardConformingStrings === before.standardConformingStrings ? current.standardConformingStrings : 'off',
    ownRelations: new Set([...current.ownRelations, ...before.ownRelations]),
    changed: union(current.changed, before.changed),
  };
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return a === b || b.size === 0 ? a : new Set([...a, ...b]);
}

function samePath(a: SessionState['searchPath'], b: SessionState['searchPath']): boolean {
  return a === b || (a !== 'unknown' && b !== 'unknown' && a.length === b.length && a.every((schema, i) => schema === b[i]));
}

function unsure(before: ReadonlyMap<string, Held | 'unknown'>, after: ReadonlyMap<string, Held | 'unknown'>): ReadonlyMap<string, Held | 'unknown'> {
  if (before === after) return before;
  const names = new Map(before);
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    if (before.get(name) !== after.get(name)) names.set(name, 'unknown');
  }
  return names;
}

/** Is it a setting that `afterReport` knows? The target reports a dozen others. */
export function isPartOfState(setting: string): boolean { return setting === 'client_encoding' || setting === 'standard_conforming_strings' || setting === 'search_path'; }

/** What the target reports of itself (ParameterStatus; PostgreSQL 18 documentation, section 54.2.7), folded in. */
export function afterReport(state: SessionState, name: string, value: string): SessionState {
  switch (name) {
    case 'client_encoding': {
      const encoding = value.toUpperCase() === 'UTF8' ? 'UTF8' : 'other';
      return encoding === state.encoding ? state : { ...state, encoding };
    }
    case 'standard_conforming_strings': {
      const standardConformingStrings = value === 'on' ? 'on' : 'off';
      return standardConformingStrings === state.standardConformingStrings ? state : { ...state, standardConformingStrings };
    }
    case 'search_path': {
      const searchPath = parseSearchPath(value) ?? 'unknown';
      return samePath(state.searchPath, searchPath) ? state : { ...state, searchPath };
    }
    default: return state;
  }
}

/** What was read last: sessions of one login mostly have the same path, and share it. */
let latest: { readonly text: string; readonly schemas: readonly string[] | undefined } = { text: '', schemas: [] };

/** Reads a list of identifiers as `SplitIdentifierString` does (src/backend/utils/adt/varlena.c): quoted as they are, others folded to lower case. */
export function parseSearchPath(text: string): readonly string[] | undefined {
  if (text !== latest.text) latest = { text, schemas: readSearchPath(text) };
  return latest.schemas;
}

function readSearchPath(text: string): readonly string[] | undefined {
  const schemas: string[] = [];
  let rest = text.trim();
  if (rest === '') return [];
  while (true) {
    const match = /^(?:"((?:[^"]|"")*)"|([^\s",]+))\s*(,\s*|$)/.exec(rest);
    if (match === null) return undefined;
    schemas.push(match[1] === undefined ? (match[2] ?? '').toLowerCase() : match[1].replaceAll('""', '"'));
    rest = rest.slice(match[0].length);
    if (match[3] === '') return schemas;
  }
}
