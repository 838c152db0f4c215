import type { Client } from 'pg';
import type { ColumnsOf, Reads } from './reads.ts';
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

/** What the server says to the role that has these rights: undefined when it may. */
async function refusal(client: Client, statement: string, grants: readonly Grant[]): Promise<string | undefined> {
  try {
    await client.query(`BEGIN; ${[...grants.map(sqlOf), `SET LOCAL ROLE ${role}`, `EXPLAIN ${statement}`].join('; ')}`);
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === insufficient) return error.message;
    throw error;
  } finally {
    await client.query('ROLLBACK');
  }
}

export interface Trial {
  /** A sentence for each way in which the server's rights and what we named do not fit. */
  readonly differences: readonly string[];
  /** The role that lacked one column was let in: the plan had no need of it. */
  readonly unasked: boolean;
}

/**
 * The server's word at the door: a role with exactly the rights that we name may run the statement, one with none is refused for a relation
 * that we name, and one that lacks a column is refused, unless the planner drops what asks for it (a CTE that nobody reads).
 */
export async function tryRights(client: Client, statement: string, reads: Reads, columnsOf: ColumnsOf, random: Random): Promise<Trial> {
  const grants = grantsFor(reads, columnsOf);
  const differences: string[] = [];
  const exact = await refusal(client, statement, grants);
  if (exact !== undefined) differences.push(`a role with exactly what we name: ${exact}`);
  if (grants.length === 0) return { differences, unasked: false };
  const none = await refusal(client, statement, []);
  const first = none === undefined ? undefined : /permission denied for (?:table|view|materialized view|sequence) (.*)$/.exec(none)?.[1];
  if (none !== undefined && ![...reads.keys()].some((relation) => relation.split('.').slice(1).join('.') === first)) differences.push(`a role without rights: ${none}`);
  const lacking = random.below(grants.length);
  const allButOne = await refusal(client, statement, grants.filter((_, i) => i !== lacking));
  // Who reads no column is content with any other; the trial says nothing then.
  return { differences, unasked: none === undefined || allButOne === undefined };
}
