import type { Held, Interpretation, SessionState } from '../core/interpretation.ts';

/** The state after a text of several statements failed somewhere: what it would have changed may or may not have changed. */
export function afterFailure(before: SessionState, interpretation: Interpretation): SessionState {
  const after = interpretation.nextState;
  if (after === before || interpretation.statements.length <= 1) return before;
  return {
    searchPath: samePath(before.searchPath, after.searchPath) ? before.searchPath : 'unknown',
    role: after.role === before.role ? before.role : 'changed',
    encoding: after.encoding === before.encoding ? before.encoding : 'other',
    standardConformingStrings: after.standardConformingStrings === before.standardConformingStrings ? before.standardConformingStrings : 'off',
    prepared: unsure(before.prepared, after.prepared),
    cursors: unsure(before.cursors, after.cursors),
    ownRelations: before.ownRelations,
  };
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

/** Reads a list of identifiers as `SplitIdentifierString` does (src/backend/utils/adt/varlena.c): quoted as they are, others folded to lower case. */
export function parseSearchPath(text: string): string[] | undefined {
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
