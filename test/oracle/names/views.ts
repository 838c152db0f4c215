import { compareReads, type Columns, type Difference, type Reads } from './reads.ts';
import type { Stage } from './stage.ts';

export interface View { readonly name: string; readonly definition: string; /** The tree of its rule. */ readonly tree: string }

/** Those of users and the server's own; a tree that is longer than this is of a view of hundreds of columns. */
const maxTree = 1_000_000;

export async function viewsOf(stage: Stage): Promise<readonly View[]> {
  const { rows } = await stage.client.query<View>(
    `SELECT n.nspname || '.' || c.relname AS name, pg_catalog.pg_get_viewdef(c.oid) AS definition, r.ev_action::text AS tree
     FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE r.rulename = '_RETURN' AND c.relpersistence <> 't' AND length(r.ev_action::text) < $1 ORDER BY 1`, [maxTree]);
  return rows.map((view) => ({ ...view, definition: view.definition.replace(/;\s*$/, '') }));
}

/** What a view reads at whatever depth, by the trees that the server keeps; the server's own views are not entered. */
function through(name: string, views: ReadonlyMap<string, Reads>, into: Map<string, Columns>): void {
  for (const [relation, columns] of views.get(name) ?? []) {
    const before = into.get(relation);
    into.set(relation, { names: new Set([...before?.names ?? [], ...columns.names]), whole: columns.whole || before?.whole === true });
    if (before === undefined) through(relation, views, into);
  }
}

/** A query of each view of a user against what the trees of it, and of the views in it, say. */
export async function compareViews(stage: Stage, views: readonly View[]): Promise<{ readonly view: string; readonly differences: readonly Difference[]; readonly opaque: readonly string[] }[]> {
  const { rows } = await stage.client.query<{ child: string }>(
    `SELECT DISTINCT n.nspname || '.' || c.relname AS child FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`);
  const children = new Set(rows.map(({ child }) => child));
  const stored = new Set((await stage.client.query<{ name: string }>(`SELECT schemaname || '.' || matviewname AS name FROM pg_catalog.pg_matviews`)).rows.map(({ name }) => name));
  const own = views.filter(({ name }) => !/^(pg_catalog|information_schema)\./.test(name) && !stored.has(name));
  const trees = new Map(own.map(({ name, tree }) => [name, stage.judge.readsOf(tree)]));
  const found = [];
  for (const { name } of own) {
    const [schema = '', relation = ''] = name.split('.');
    const reads = new Map<string, Columns>([[name, { names: new Set(), whole: true }]]);
    through(name, trees, reads);
    const ours = await stage.ours(`SELECT * FROM "${schema}"."${relation.replaceAll('"', '""')}"`);
    // The server asks for no right on children that are read with their parent.
    const said = new Map([...ours.through].filter(([other]) => !children.has(other) || reads.has(other)));
    found.push({ view: name, differences: compareReads(reads, said, stage.judge.columnsOf), opaque: ours.opaque });
  }
  return found;
}
