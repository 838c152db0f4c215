/** Columns by name; `whole` where all of a row's own columns are read at once. */
export interface Columns { readonly names: ReadonlySet<string>; readonly whole: boolean }

/** What a statement reads, by `schema.name`; temporary relations are in `pg_temp`. */
export type Reads = ReadonlyMap<string, Columns>;

/** A relation's own columns, in order. */
export type ColumnsOf = (relation: string) => readonly string[];

export const systemColumns: readonly string[] = ['tableoid', 'cmax', 'xmax', 'cmin', 'xmin', 'ctid'];

/** One disagreement: `less` is read without our saying so, `more` is said to be read and is not. */
export interface Difference { readonly kind: 'less' | 'more'; readonly relation: string; readonly what: string }

export function formatDifference({ kind, relation, what }: Difference): string {
  return `${kind}: ${relation} ${what}`;
}

function own(columns: Columns, relation: string, columnsOf: ColumnsOf): ReadonlySet<string> {
  return columns.whole ? new Set([...columns.names, ...columnsOf(relation)]) : columns.names;
}

/**
 * A temporary table may hide another of that name, of which we then say that it is read, on purpose: nobody knows whether the temporary one is
 * still there, and of the two it is the other one that somebody may not read.
 */
function standsFor(relation: string, ours: Reads): boolean {
  const [schema, name] = relation.split('.');
  return schema === 'pg_temp' && [...ours.keys()].some((said) => said !== relation && said.split('.')[1] === name);
}

/** A whole row and each of its columns is the same, and needs the same rights. */
export function compareReads(server: Reads, ours: Reads, columnsOf: ColumnsOf): Difference[] {
  const differences: Difference[] = [];
  for (const [relation, columns] of server) {
    const said = ours.get(relation);
    if (said === undefined) {
      differences.push(standsFor(relation, ours) ? { kind: 'more', relation, what: 'taken for the relation that it hides' } : { kind: 'less', relation, what: 'not named' });
      continue;
    }
    const [read, named] = [own(columns, relation, columnsOf), own(said, relation, columnsOf)];
    // `all` stands for columns that are not known, too; it says as much as can be said.
    const unseen = [...read].filter((name) => !named.has(name) && !(said.whole && systemColumns.includes(name)));
    const extra = [...named].filter((name) => !read.has(name));
    if (unseen.length > 0) differences.push({ kind: standsFor(relation, ours) ? 'more' : 'less', relation, what: `columns ${unseen.toSorted().join(',')} not named` });
    if (extra.length > 0) differences.push({ kind: 'more', relation, what: said.whole ? 'all columns' : `columns ${extra.toSorted().join(',')}` });
  }
  for (const relation of ours.keys()) if (!server.has(relation)) differences.push({ kind: 'more', relation, what: 'named' });
  return differences;
}
