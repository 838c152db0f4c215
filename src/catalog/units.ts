import type { Reference, RelationInfo, StoredCode } from '../core/catalog.ts';
import type { Bucketed } from './buckets.ts';
import { none } from './sharing.ts';
import { Turn } from './turns.ts';

/** What the rows of one relation say of another, or of itself seen from there. */
export type Said =
  | { readonly what: 'key'; readonly about: number; readonly columns: readonly number[] }
  | { readonly what: 'reference'; readonly about: number; /** oid of the constraint. */ readonly constraint: number; readonly name: string; readonly columns: readonly number[]; readonly onDelete: Reference['onDelete']; readonly onUpdate: Reference['onUpdate'] }
  | { readonly what: 'child'; readonly about: number; /** As a partition. */ readonly part: boolean }
  | { readonly what: 'view'; readonly about: number }
  | { readonly what: 'sequence'; readonly about: number; readonly columns: readonly number[] }
  | { readonly what: 'code'; readonly about: number; readonly code: StoredCode };

/** A relation with all that its own rows say. It is asked for anew when these have moved, and when something in `needs` has. */
export interface Unit {
  readonly oid: number;
  /** Without texts. What others say of it is in it, too. */
  readonly info: RelationInfo;
  /** Buckets of what its columns' types are named by, and of what its code depends on. */
  readonly needs: readonly number[];
  /** By kind and name. With its policies, also where row security is off. */
  readonly code: readonly StoredCode[];
  readonly said: readonly Said[];
  /** Relations that say something of it, ascending. */
  readonly heard: readonly number[];
}

export type Units = Bucketed<Unit>;

/**
 * The units of `last` with these changes (`undefined`: it is gone), and with what follows from them: whoever is spoken of, before or now, is described anew,
 * because names and columns of who speaks stand there.
 */
export async function revised(last: Units, changes: Map<number, Unit | undefined>): Promise<Units> {
  const turn = new Turn();
  const now = (oid: number): Unit | undefined => (changes.has(oid) ? changes.get(oid) : last.get(oid));
  const heard = new Map<number, Set<number>>();
  const of = (about: number): Set<number> => {
    let owners = heard.get(about);
    if (owners === undefined) heard.set(about, owners = new Set(now(about)?.heard));
    return owners;
  };
  for (const [oid, unit] of changes) {
    for (const { about } of last.get(oid)?.said ?? none) of(about).delete(oid);
    for (const { about } of unit?.said ?? none) of(about).add(oid);
    if (turn.over) await turn.next();
  }
  for (const [about, owners] of heard) {
    const unit = now(about);
    // Of what is not in a catalog (TOAST, what is temporary) nobody wants to hear.
    if (unit !== undefined) changes.set(about, { ...unit, heard: owners.size === 0 ? none : [...owners].toSorted((a, b) => a - b) });
    if (turn.over) await turn.next();
  }
  for (const [oid, unit] of changes) {
    if (unit !== undefined) changes.set(oid, { ...unit, info: described(unit, now) });
    if (turn.over) await turn.next();
  }
  return last.with(changes);
}

/** The order of members is that of snapshot-file.ts. */
function described({ info, code, said: its, heard }: Unit, now: (oid: number) => Unit | undefined): RelationInfo {
  const { oid, rowSecurity } = info;
  const keys: (readonly string[])[] = [];
  const references: { readonly constraint: number; readonly reference: Reference }[] = [];
  const children: number[] = [];
  const views: number[] = [];
  const sequences: { readonly column: string; readonly sequence: number }[] = [];
  // Policies of a relation without row security do nothing.
  const own = rowSecurity || !code.some(({ kind }) => kind === 'policy') ? code : some(code.filter(({ kind }) => kind !== 'policy'));
  const others: StoredCode[] = [];
  const partition = its.find((said) => said.what === 'child' && said.part);
  for (const owner of heard) {
    const speaker = now(owner);
    for (const said of speaker?.said ?? none) {
      if (said.about !== oid || speaker === undefined) continue;
      switch (said.what) {
        case 'key': keys.push(columnNames(info, said.columns)); break;
        case 'reference': {
          const { schema, name: table } = speaker.info;
          references.push({ constraint: said.constraint, reference: { constraint: said.name, schema, table, columns: columnNames(speaker.info, said.columns), onDelete: said.onDelete, onUpdate: said.onUpdate } });
          break;
        }
        case 'child': children.push(owner); break;
        case 'view': views.push(owner); break;
        case 'sequence': for (const column of columnNames(info, said.columns)) sequences.push({ column, sequence: owner }); break;
        case 'code': others.push(said.code); break;
      }
    }
  }
  return {
    oid, schema: info.schema, name: info.name, kind: info.kind, columns: info.columns, keys: some(keys), triggers: info.triggers,
    referencedBy: some(references.toSorted((a, b) => a.constraint - b.constraint).map(({ reference }) => reference)),
    ...partition === undefined ? {} : { partitionOf: partition.about }, children: some(children), views: some(views), ...(sequences.length === 0 ? {} : { sequences }), rules: none, rowSecurity, code: others.length === 0 ? own : inOrder([...own, ...others]),
  };
}

function some<Item>(list: readonly Item[]): readonly Item[] {
  return list.length === 0 ? none : list;
}

/** By kind, among which a column is generated or has a default, and name; of equal ones in some order that depends on nothing else. */
export function inOrder(code: readonly StoredCode[]): readonly StoredCode[] {
  if (code.length < 2) return some(code);
  const keyed = code.map((one) => ({ one, key: `${one.kind === 'generated' ? 'default' : one.kind}\0${one.name}\0${JSON.stringify(one)}` }));
  return keyed.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ one }) => one);
}

/** One transaction shows one state, so this is a fault of the target or of ours; a foreign key that is left out would be a cascade that nobody sees. */
function columnNames({ oid, columns }: RelationInfo, numbers: readonly number[]): readonly string[] {
  return numbers.map((number) => {
    const found = columns.find((column) => column.number === number);
    if (found === undefined) throw new Error(`the catalog speaks of column ${number} of relation ${oid}, which it does not have`);
    return found.name;
  });
}
