import type { Client } from 'pg';
import { systemColumns, type ColumnsOf, type Reads } from './reads.ts';
import type { Random } from './random.ts';

const role = 'names_reader';
const insufficient = '42501';

/** Made once; it can use the schemas and read nothing. */
export async function createReader(client: Client, schemas: readonly string[]): Promise<void> {
  await client.query(`CREATE ROLE ${role}; ${schemas.map((schema) => `GRANT USAGE ON SCHEMA ${schema} TO ${role}`).join('; ')}`);
}

interface Grant { readonly relation: string; readonly column: string | undefined }

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** One grant a column. Who reads no column of a relation must be able to read any. */
function grantsFor(reads: Reads, columnsOf: ColumnsOf): Grant[] {
  return [...reads].flatMap(([relation, { names, whole }]) => {
    const columns = new Set([...names, ...whole ? columnsOf(relation) : []]);
    if (columns.size > 0) return [...columns].map((column) => ({ relation, column }));
    return [{ relation, column: columnsOf(relation)[0] }];
  });
}

function sqlOf({ relation, column }: Grant): string {
  const [schema = '', ...name] = relation.split('.');
  return `GRANT SELECT${column === undefined ? '' : ` (${quoted(column)})`} ON ${quoted(schema)}.${quoted(name.join('.'))} TO ${role}`;
}

type Answer = { readonly kind: 'let in' } | { readonly kind: 'denied'; readonly said: string } | { readonly kind: 'unplanned' };

/** What the server says to the role that has these rights. Rights are checked after planning, which not every statement comes through. */
async function ask(client: Client, statement: string, grants: readonly Grant[]): Promise<Answer> {
  try {
    await client.query(`BEGIN; ${[...grants.map(sqlOf), `SET LOCAL ROLE ${role}`, `EXPLAIN ${statement}`].join('; ')}`);
    return { kind: 'let in' };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return error.code === insufficient ? { kind: 'denied', said: error.message } : { kind: 'unplanned' };
  } finally {
    await client.query('ROLLBACK');
  }
}

export interface Trial {
  /** `unasked`: the role that lacked a right was let in, because the plan had no need of it: a CTE that nobody reads, a column in place of another. */
  readonly outcome: 'refused' | 'unasked' | 'unplanned';
  /** A sentence for each way in which the server's rights and what we named do not fit. */
  readonly differences: readonly string[];
}

/** The relation of a refusal. */
const denied = /permission denied for (?:table|view|materialized view|sequence) (.*)$/;

/**
 * The server's word at the door: a role with exactly the rights that we name may run the statement, one with none is refused for a relation
 * that we name, and one that lacks a column is refused where the plan has need of it.
 */
export async function tryRights(client: Client, statement: string, reads: Reads, columnsOf: ColumnsOf, random: Random): Promise<Trial> {
  const grants = grantsFor(reads, columnsOf);
  // Where all columns are named, system columns that are read besides are not told apart; and who reads nothing but those may read the relation once more, and there no column.
  const besides: Grant[] = [...reads].flatMap(([relation, { names, whole }]): Grant[] => {
    if (whole) return systemColumns.map((column) => ({ relation, column }));
    return [...names].every((name) => systemColumns.includes(name)) ? [{ relation, column: columnsOf(relation)[0] }] : [];
  });
  const exact = await ask(client, statement, [...grants, ...besides]);
  if (exact.kind === 'unplanned') return { outcome: 'unplanned', differences: [] };
  const differences = exact.kind === 'denied' ? [`a role with exactly what we name: ${exact.said}`] : [];
  if (grants.length === 0) return { outcome: 'unasked', differences };
  const none = await ask(client, statement, []);
  const first = none.kind === 'denied' ? denied.exec(none.said)?.[1] : undefined;
  if (none.kind === 'denied' && ![...reads.keys()].some((relation) => relation.split('.').slice(1).join('.') === first)) differences.push(`a role without rights: ${none.said}`);
  const lacking = random.below(grants.length);
  const allButOne = await ask(client, statement, [...grants.filter((_, i) => i !== lacking), ...besides]);
  return { outcome: allButOne.kind === 'denied' ? 'refused' : 'unasked', differences };
}
