import type { RelationInfo } from '../../core/catalog.ts';
import type { SessionState } from '../../core/interpretation.ts';
import type { Reading } from './reading.ts';

/**
 * What this session has changed, and the catalog does not know yet.
 * `relation`: what its name means, its columns' names, what it runs; nothing is known of it.
 * `dropped`: it is gone, and the name means another one, or what was made under it since; told by its oid, so that one of its name that the catalog knows by then is not meant.
 * `column`: it is new, or its name or its values are: every row may have the same. `renamed`: what it was called.
 * `keys`: nothing tells its rows apart.
 * `referred`, `cascades`: a new foreign key points at it; with an action.
 * `function`, `type`, `operator`, `cast`: what the name means. `events`: triggers on commands. `sequences`: whose they are.
 */
export type Changed = 'relation' | 'dropped' | 'column' | 'renamed' | 'keys' | 'referred' | 'cascades' | 'function' | 'type' | 'operator' | 'cast' | 'events' | 'sequences';

/** Stands for all of a kind. */
export const every = '*';

/**
 * Until the catalog was read anew after the transaction, `names` mean other things than it says. A text under which it is not known whether they do
 * (a body's, of which a part may not run) says `relation` instead of `dropped`.
 */
export function markChanged(kind: Changed, names: readonly string[], reading: Reading): void {
  const { state, catalog } = reading;
  if (names.length === 0 || !catalog.known) return;
  const added = names.map((name) => `${kind} ${name}`).filter((mark) => !state.changed.has(mark));
  if (added.length > 0) reading.state = { ...state, changed: new Set([...state.changed, ...added]) };
}

export function isChanged(kind: Changed, name: string, reading: Reading): boolean {
  const found = reading.state.changed.has(`${kind} ${name}`);
  if (found) reading.readsSession = true;
  return found;
}

export function nameOf({ schema, name }: Pick<RelationInfo, 'schema' | 'name'>): string {
  return `${schema}.${name}`;
}

export function isRelationChanged(info: RelationInfo, reading: Reading): boolean {
  return isChanged('relation', nameOf(info), reading) || isChanged('relation', every, reading);
}

/** A key that the catalog has may be gone. */
export function areKeysChanged(info: RelationInfo, reading: Reading): boolean {
  return [nameOf(info), `${info.schema}.${every}`, every].some((name) => isChanged('keys', name, reading)) || isRelationChanged(info, reading);
}

export function isColumnChanged(info: RelationInfo, column: string, reading: Reading): boolean {
  return isChanged('column', `${nameOf(info)}.${column}`, reading);
}

/** Some of its columns are new, or others than they were. */
export function hasColumnMarks(info: RelationInfo, reading: Reading): boolean {
  const start = `column ${nameOf(info)}.`;
  const found = [...reading.state.changed].some((mark) => mark.startsWith(start));
  if (found) reading.readsSession = true;
  return found;
}

/** Columns that it has been given since. */
export function addedColumns(info: RelationInfo, { state }: Reading): readonly string[] {
  const start = `column ${nameOf(info)}.`;
  return [...state.changed].flatMap((mark) => {
    const column = mark.startsWith(start) ? mark.slice(start.length) : undefined;
    return column === undefined || info.columns.some(({ name }) => name === column) ? [] : [column];
  });
}

/** Between the name of what was dropped and its oid; no written name has it. */
const oidMark = '\0';

/** Between what a column was called and what it is called now. */
const renameMark = '\0as ';

/** A column has another name: neither means what the catalog says of it. */
export function markRenamed(infos: readonly RelationInfo[], from: string, to: string, reading: Reading): void {
  markChanged('column', infos.flatMap((info) => [`${nameOf(info)}.${from}`, `${nameOf(info)}.${to}`]), reading);
  markChanged('renamed', infos.map((info) => `${nameOf(info)}.${from}${renameMark}${to}`), reading);
}

/** By its name, what else a column was called: rules that speak of it do so by the name that the catalog has. */
export function formerNames(info: RelationInfo, { state }: Reading): ReadonlyMap<string, readonly string[]> | undefined {
  if (state.changed.size === 0) return undefined;
  const start = `renamed ${nameOf(info)}.`;
  const names = new Map<string, readonly string[]>();
  for (const mark of state.changed) {
    if (!mark.startsWith(start)) continue;
    const [from = '', to = ''] = mark.slice(start.length).split(renameMark);
    names.set(to, [...names.get(to) ?? [], from, ...names.get(from) ?? []]);
  }
  return names.size === 0 ? undefined : names;
}

/** The relation with all that inherit from it, to whom most changes of it go on. */
export function withHeirs(info: RelationInfo, reading: Reading, found = new Map<number, RelationInfo>()): readonly RelationInfo[] {
  if (found.has(info.oid)) return [];
  found.set(info.oid, info);
  for (const oid of info.children) {
    const child = reading.catalog.relationByOid(oid);
    if (child !== undefined) withHeirs(child, reading, found);
  }
  return [...found.values()];
}

/** Ends the name of a temporary relation of which it is not known whether there is one. */
export const unsureMark = '\0unsure';

/** Of a temporary relation: is it not known whether there is one? */
export function isUnsure(name: string, reading: Reading): boolean {
  const found = reading.state.ownRelations.has(`pg_temp.${name}${unsureMark}`);
  if (found) reading.readsSession = true;
  return found;
}

export function markDropped(infos: readonly RelationInfo[], reading: Reading): void {
  markChanged('dropped', infos.map((info) => `${nameOf(info)}${oidMark}${info.oid}`), reading);
}

export function isDropped(info: RelationInfo, reading: Reading): boolean {
  return isChanged('dropped', `${nameOf(info)}${oidMark}${info.oid}`, reading);
}

/** After ROLLBACK TO, which may have brought back what was dropped, and taken back what was made: of neither it is known whether there is one. */
export function unsureAfter(state: SessionState): SessionState {
  const dropped = [...state.changed].filter((mark) => mark.startsWith('dropped '));
  const temporary = [...state.ownRelations].filter((own) => own.startsWith('pg_temp.') && !own.includes('\0') && !state.ownRelations.has(`${own}${unsureMark}`));
  if (dropped.length + temporary.length === 0) return state;
  return {
    ...state,
    ownRelations: new Set([...state.ownRelations, ...temporary.map((own) => `${own}${unsureMark}`)]),
    changed: new Set([...state.changed].map((mark) => (mark.startsWith('dropped ') ? `relation ${mark.slice('dropped '.length, mark.lastIndexOf(oidMark))}` : mark))),
  };
}
