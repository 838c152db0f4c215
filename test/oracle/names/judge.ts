import type { Client } from 'pg';
import { systemColumns, type Columns, type ColumnsOf, type Reads } from './reads.ts';

export type Judgement = { readonly reads: Reads } | { readonly refused: string };

/** ACL_SELECT of src/include/nodes/parsenodes.h. */
const select = 2;
/** Column numbers in a permission's set are counted from FirstLowInvalidHeapAttributeNumber, which is -7 (src/include/access/sysattr.h); 0 stands for the whole row. */
const firstNumber = -7;

/**
 * The rights that a stored query tree demands: of PostgreSQL 16 and later each a node of its own, before a part of the range table's entry.
 * The names of relations and columns in the tree, which anybody may choose, are quoted or escaped by the server's writer (outfuncs.c, outToken).
 */
const permission = /\{RTEPERMISSIONINFO :relid (\d+) :inh \w+ :requiredPerms (\d+) :checkAsUser \d+ :selectedCols \(b([^)]*)\)|:relid (\d+) :relkind [\s\S]*?:requiredPerms (\d+) :checkAsUser \d+ :selectedCols \(b([^)]*)\)/g;

interface Demand { readonly relation: number; readonly numbers: readonly number[] }

function demandsOf(tree: string): Demand[] {
  const demands: Demand[] = [];
  for (const [, newOid, newPerms, newColumns, oldOid, oldPerms, oldColumns] of tree.matchAll(permission)) {
    if ((Number(newPerms ?? oldPerms) & select) === 0) continue;
    const numbers = (newColumns ?? oldColumns ?? '').split(' ').filter((word) => word !== '').map((word) => Number(word) + firstNumber);
    demands.push({ relation: Number(newOid ?? oldOid), numbers });
  }
  return demands;
}

/**
 * Columns of a relation on which a statement depends without reading them there: those that it changes, and those of the rows that a function
 * gives, in FROM (RTE_FUNCTION of parsenodes.h is 3) or by a field of its value.
 */
const dependsOtherwise = /:resultRelation [1-9]|:rtekind 3 |\{FIELDSELECT /;

interface Known { readonly name: string; readonly columns: ReadonlyMap<number, string> }

/**
 * The server's own word on what a statement reads. It is made the body of a function, which the server analyses as it would the statement
 * and keeps as a tree with the rights that it will demand, column by column (`pg_proc.prosqlbody`), and as dependencies on columns (`pg_depend`);
 * nothing of it runs, and it is rolled back. Of whole rows only the rights tell.
 * PostgreSQL 14 and later. Views and rules are not expanded there: each has a tree of its own.
 */
export class Judge {
  readonly #client: Client;
  #known = new Map<number, Known>();
  #names = new Map<string, readonly string[]>();

  constructor(client: Client) { this.#client = client; }

  readonly columnsOf: ColumnsOf = (relation) => this.#names.get(relation) ?? [];

  /** Reads anew what the oids in trees mean; to be called when relations were made. */
  async learn(): Promise<void> {
    this.#known = new Map();
    this.#names = new Map();
    const { rows } = await this.#client.query<{ oid: number; name: string; numbers: number[]; columns: string[] }>(
      `SELECT c.oid::int8::float8 AS oid, regexp_replace(n.nspname, '^pg_temp_\\d+$', 'pg_temp') || '.' || c.relname AS name,
              coalesce(array_agg(a.attnum::int4 ORDER BY a.attnum) FILTER (WHERE a.attnum > 0), '{}') AS numbers,
              coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum > 0), '{}') AS columns
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
       WHERE n.nspname !~ '^pg_temp' OR n.oid = pg_catalog.pg_my_temp_schema() GROUP BY 1, 2`);
    for (const { oid, name, numbers, columns } of rows) {
      this.#known.set(oid, { name, columns: new Map(numbers.map((number, i) => [number, columns[i] ?? ''])) });
      this.#names.set(name, columns);
    }
  }

  /** `statement` without a semicolon at its end. */
  async judge(statement: string): Promise<Judgement> {
    try {
      const answers: unknown = await this.#client.query(
        `BEGIN; CREATE FUNCTION pg_temp.judged_statement() RETURNS void LANGUAGE sql BEGIN ATOMIC ${statement}\n; END;
         SELECT prosqlbody::text AS tree, ARRAY(SELECT json_build_array(refobjid::int8, refobjsubid) FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid <> 0) AS columns
         FROM pg_catalog.pg_proc p WHERE oid = 'pg_temp.judged_statement'::regproc; ROLLBACK`);
      // pg gives an array for several statements, which its types do not say.
      const row = (answers as readonly { rows: readonly { tree: string; columns: [number, number][] }[] }[])[2]?.rows[0];
      if (row === undefined) return { refused: 'the server kept nothing of it' };
      const demands = demandsOf(row.tree);
      const depends = dependsOtherwise.test(row.tree) ? [] : row.columns.map(([relation, number]) => ({ relation, numbers: [number] }));
      return { reads: this.#named([...demands, ...depends.filter(({ relation }) => demands.some((demand) => demand.relation === relation))]) };
    } catch (error) {
      await this.#client.query('ROLLBACK');
      return { refused: error instanceof Error ? error.message : String(error) };
    }
  }

  /** By the rights alone, of a tree that the server keeps for something else. */
  readsOf(tree: string): Reads { return this.#named(demandsOf(tree)); }

  #named(demands: readonly Demand[]): Reads {
    const reads = new Map<string, Columns>();
    for (const { relation, numbers } of demands) {
      const known = this.#known.get(relation);
      if (known === undefined) throw new Error(`the tree names a relation that is not known: ${relation}`);
      const before = reads.get(known.name);
      const names = numbers.filter((number) => number !== 0).map((number) => number < 0 ? systemColumns[number - 1 - firstNumber] ?? '' : known.columns.get(number) ?? '');
      reads.set(known.name, { names: new Set([...before?.names ?? [], ...names]), whole: (before?.whole ?? false) || numbers.includes(0) });
    }
    return reads;
  }
}
