import type { RelationInfo } from '../../core/catalog.ts';
import type { SessionState } from '../../core/interpretation.ts';
import type { Reading } from './reading.ts';

/** Between what was changed and the version of the catalog that does not know of it yet; no written name has it. */
const changeMark = '\0changed ';

/**
 * What this session has changed, and the catalog does not know yet.
 * `relation`: what its name means, its columns' names, what it runs; nothing is known of it.
 * `dropped`: it is gone, and the name means another one, or what was made under it since.
 * `column`: it is new, or its name or its values are: every row may have the same. `renamed`: what it was called.
 * `keys`: nothing tells its rows apart.
 * `referred`, `cascades`: a new foreign key points at it; with an action.
 * `unsure`: of a temporary relation, whether there is one.
 * `function`, `type`, `operator`, `cast`: what the name means. `events`: triggers on commands.
 */
export type Changed = 'relation' | 'dropped' | 'column' | 'renamed' | 'keys' | 'referred' | 'cascades' | 'function' | 'type' | 'operator' | 'cast' | 'events' | 'unsure';

/** Stands for all of a kind. */
export const every = '*';

function markOf(kind: Changed, name: string, { state, catalog }: Reading): string {
  return `${kind} ${name}${changeMark}${state.history?.begin === undefined ? catalog.version : ''}`;
}

/**
 * Until the transaction has ended, or outside of a block until the catalog is another one, `names` mean other things than the catalog says. A text
 * under which it is not known whether they do (a body's, of which a part may not run) says `relation` instead of `dropped`.
 */
export function markChanged(kind: Changed, names: readonly string[], reading: Reading): void {
  const { state, catalog } = reading;
  if (names.length === 0 || !catalog.known) return;
  const inBlock = state.history?.begin !== undefined;
  const kept = [...state.ownRelations].filter((own) => inBlock || !own.includes(changeMark) || own.endsWith(`${changeMark}${catalog.version}`));
  reading.state = { ...state, ownRelations: new Set([...kept, ...names.map((name) => markOf(kind, name, reading))]) };
}

export function isChanged(kind: Changed, name: string, reading: Reading): boolean {
  const { ownRelations: own } = reading.state;
  if (own.size === 0) return false;
  const mark = `${kind} ${name}${changeMark}`;
  const found = own.has(mark) || own.has(`${mark}${reading.catalog.version}`);
  if (found) reading.readsSession = true;
  return found;
}

/** Has the session changed anything since the catalog was read? */
export function anyChanged({ state }: Reading): boolean {
  return [...state.ownRelations].some((own) => own.includes(changeMark));
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

/** Columns that it has been given since. */
export function addedColumns(info: RelationInfo, { state }: Reading): readonly string[] {
  if (state.ownRelations.size === 0) return [];
  const start = `column ${nameOf(info)}.`;
  return [...state.ownRelations].flatMap((own) => {
    const at = own.indexOf(changeMark);
    const column = own.startsWith(start) ? own.slice(start.length, at) : undefined;
    return column === undefined || info.columns.some(({ name }) => name === column) ? [] : [column];
  });
}

/** Between what a column was called and what it is called now. */
const renameMark = '\0as ';

/** A column has another name: neither means what the catalog says of it. */
export function markRenamed(infos: readonly RelationInfo[], from: string, to: string, reading: Reading): void {
  markChanged('column', infos.flatMap((info) => [`${nameOf(info)}.${from}`, `${nameOf(info)}.${to}`]), reading);
  markChanged('renamed', infos.map((info) => `${nameOf(info)}.${from}${renameMark}${to}`), reading);
}

/** By its name, what else a column was called: rules that speak of it do so by the name that the catalog has. */
export function formerNames(info: RelationInfo, { state }: Reading): ReadonlyMap<string, readonly string[]> | undefined {
  if (state.ownRelations.size === 0) return undefined;
  const start = `renamed ${nameOf(info)}.`;
  const names = new Map<string, readonly string[]>();
  for (const own of state.ownRelations) {
    if (!own.startsWith(start)) continue;
    const [from = '', to = ''] = own.slice(start.length, own.indexOf(changeMark)).split(renameMark);
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

/** After a transaction: the catalog has been read anew, or nothing of it came to be. */
export function withoutChanges(own: SessionState['ownRelations']): SessionState['ownRelations'] {
  const left = [...own].filter((name) => !name.includes(changeMark));
  return left.length === own.size ? own : new Set(left);
}

/** After ROLLBACK TO, which may have brought back what was dropped, and taken back what was made: of neither it is known whether there is one. */
export function unsureAfter(own: SessionState['ownRelations']): SessionState['ownRelations'] {
  const names = [...own].flatMap((name) => {
    if (name.startsWith('dropped ')) return [`relation ${name.slice('dropped '.length)}`];
    return name.startsWith('pg_temp.') && !name.includes('\0') ? [name, `unsure ${name}${changeMark}`] : [name];
  });
  return names.every((name) => own.has(name)) && names.length === own.size ? own : new Set(names);
}
