import { createHash, randomInt } from 'node:crypto';
import type { ClientBase } from 'pg';
import * as z from 'zod';
import { bucketSql, nthBucket, type Space } from './buckets.ts';
import { question, type Question } from './question.ts';
import { answers } from './transaction.ts';

/**
 * Each row of a catalog belongs to one object: its owner. A bucket of owners is known by how many rows it has and by a sum over the
 * transactions that wrote them. A row that was written since then was written by a transaction of which nothing was visible before: so its
 * number is new, whatever happened (CREATE, ALTER, RENAME, and DROP together with CREATE). The numbers are summed as hashes with a seed that
 * nobody knows. As they are, they could add up to what they were: an older transaction may commit after a newer one, and what the
 * one lowers the other may raise. VACUUM keeps xmin. Nothing that a catalog holds is said in any other row: see `sourceOf`.
 *
 * Temporary objects are left out: some applications make them all the time.
 */
interface Rows { readonly catalog: string; readonly owner: readonly [Space, oid: string] | 'whole'; readonly where?: string; /** Changed in place, so that xmin says nothing. */ readonly inPlace?: string }

const notTemporary = (column: string): string => `${column} NOT IN (SELECT oid FROM temporary)`;
const ofRelation = (catalog: string, column: string, where = 'true'): Rows => ({ catalog, owner: ['relation', column], where: `${where} AND ${notTemporary(column)}` });

const watched: readonly Rows[] = [
  { catalog: 'pg_class', owner: ['relation', 'oid'], where: `relpersistence <> 't'` },
  // System columns are made and dropped with their relation.
  ofRelation('pg_attribute', 'attrelid', 'attnum > 0'),
  ofRelation('pg_attrdef', 'adrelid'), ofRelation('pg_policy', 'polrelid'), ofRelation('pg_constraint', 'conrelid', 'conrelid <> 0'), ofRelation('pg_rewrite', 'ev_class'), ofRelation('pg_trigger', 'tgrelid'),
  ofRelation('pg_inherits', 'inhrelid'), ofRelation('pg_sequence', 'seqrelid'), ofRelation('pg_partitioned_table', 'partrelid'), ofRelation('pg_statistic_ext', 'stxrelid'),
  // By the index, whose name and expressions are said of its table. Up to PostgreSQL 13 CREATE INDEX CONCURRENTLY sets the flag in place (src/backend/catalog/index.c, index_set_state_flags).
  { catalog: 'pg_index', owner: ['relation', 'indexrelid'], where: notTemporary('indrelid'), inPlace: 'indisvalid' },
  { catalog: 'pg_proc', owner: ['function', 'oid'] }, { catalog: 'pg_aggregate', owner: ['function', 'aggfnoid'] },
  // The types of relations and of arrays follow what they are made from.
  { catalog: 'pg_type', owner: ['type', 'oid'], where: `typrelid = 0 AND (typcategory <> 'A' OR typinput <> 'array_in'::regproc)` },
  { catalog: 'pg_range', owner: ['type', 'rngtypid'] }, { catalog: 'pg_enum', owner: ['label', 'enumtypid'] },
  { catalog: 'pg_constraint', owner: 'whole', where: 'conrelid = 0' },
  { catalog: 'pg_extension', owner: 'whole' }, { catalog: 'pg_depend', owner: 'whole', where: `refclassid = 'pg_extension'::regclass` },
  { catalog: 'pg_cast', owner: 'whole' }, { catalog: 'pg_operator', owner: 'whole' }, { catalog: 'pg_opclass', owner: 'whole' }, { catalog: 'pg_amproc', owner: 'whole' }, { catalog: 'pg_amop', owner: 'whole' },
  { catalog: 'pg_event_trigger', owner: 'whole' }, { catalog: 'pg_language', owner: 'whole' },
  // In the texts of views and functions their names are written: see text-sources.ts.
  { catalog: 'pg_collation', owner: 'whole' }, { catalog: 'pg_ts_config', owner: 'whole' }, { catalog: 'pg_ts_dict', owner: 'whole' },
];

/** The catalogs of which a question may ask: a change of any other would not be noticed. Those of schemas and roles are part of `head`. */
export const watchedCatalogs: ReadonlySet<string> = new Set([...watched.map(({ catalog }) => catalog), 'pg_namespace']);

/** The bucket of a catalog that is watched as a whole; of pg_constraint, the constraints of domains. */
export function bucketOfWhole(catalog: string): number {
  return nthBucket('whole', watched.findIndex((rows) => rows.catalog === catalog && rows.owner === 'whole'));
}

const seed = randomInt(2 ** 47);

const sums = (grouped: boolean): string => watched.map(({ catalog, owner, where = 'true', inPlace }, n) => {
  const writer = inPlace === undefined ? 'ARRAY[xmin]' : `ARRAY[xmin, CASE WHEN ${inPlace} THEN '1'::xid ELSE '0'::xid END]`;
  const bucket = owner === 'whole' ? String(bucketOfWhole(catalog)) : bucketSql(...owner);
  return `SELECT ${grouped ? `${bucket} AS bucket, ` : ''}count(*) AS n, coalesce(sum(hash_array_extended(${writer}, ${seed + n})), 0) AS written FROM ${catalog} WHERE ${where}${grouped ? ' GROUP BY 1' : ''}`;
}).join('\n UNION ALL ');

const temporary = `WITH temporary AS MATERIALIZED (SELECT oid FROM pg_class WHERE relpersistence = 't')`;

export type Stamps = ReadonlyMap<number, string>;

/** Rows in which the server packs the stamps. */
const packs = 16;

/** Of each bucket, as long as it is the same, so are its rows; many in a row. Reads every row of pg_attribute: some 0.2 s at 20,000 tables. */
export const stamps: Question<readonly (readonly [bucket: number, stamp: string])[]> = question(
  z.array(z.tuple([z.int(), z.string()])),
  `${temporary} SELECT json_agg(json_build_array(bucket, stamp))::text FROM (
     SELECT bucket, concat(sum(n), ':', sum(written)) AS stamp FROM (${sums(true)}) AS sums GROUP BY bucket) AS stamps GROUP BY bucket % ${packs}`,
);

/** What `totalOf` makes of all stamps; two thirds of the work. */
const total: Question<readonly [string]> = question(z.tuple([z.string()]), `${temporary} SELECT json_build_array(concat(sum(n), ':', sum(written)))::text FROM (${sums(false)}) AS sums`);

export function totalOf(all: Stamps): string {
  let [count, sum] = [0n, 0n];
  for (const stamp of all.values()) {
    const [n = '', written = ''] = stamp.split(':');
    count += BigInt(n);
    sum += BigInt(written);
  }
  return `${count}:${sum}`;
}

/**
 * Who asks, and the names of schemas. Those without USAGE a search path passes over (src/backend/catalog/namespace.c, preprocessNamespacePath),
 * and the gate has to pass over them as well: else a name means one table to it and another to the target. Grants of roles decide that, too,
 * so it is asked for and not watched.
 */
export const head = question(
  z.tuple([z.string(), z.number(), z.string(), z.array(z.string()), z.string()]),
  `SELECT json_build_array(current_database(), current_setting('server_version_num')::int, current_user,
       ARRAY(SELECT nspname FROM pg_namespace WHERE NOT has_schema_privilege(oid, 'USAGE') AND nspname !~ '^pg_(temp|toast)' ORDER BY nspname),
       (SELECT md5(string_agg(concat(oid, ' ', nspname), '/' ORDER BY oid)) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'))::text`,
);
export type Head = z.infer<typeof head.row>;

/** Moves whenever anything does that a catalog holds. */
export function tokenOf(said: Head, sum: string): string {
  return createHash('sha256').update(JSON.stringify([said, sum])).digest('base64');
}

/** Needs an empty search path. */
export async function changeToken(client: ClientBase): Promise<string> {
  const { said: [said], sums: [sum] } = await answers(client, { said: head, sums: total });
  if (said === undefined || sum === undefined) throw new Error('the server did not say which database this is');
  return tokenOf(said, sum[0]);
}

/**
 * Which transactions have ended. As long as it stays the same, nothing was committed on the whole server, and nothing else needs to be
 * asked. (`txid_` and not `pg_current_snapshot`: PostgreSQL 12 has only the old name.)
 */
export const commits = question(z.tuple([z.string()]), 'SELECT pg_catalog.json_build_array(pg_catalog.txid_current_snapshot()::pg_catalog.text)::pg_catalog.text');

/** Whatever the search path is. */
export async function commitToken(client: ClientBase): Promise<string> {
  return (await answers(client, { commits })).commits[0]?.[0] ?? '';
}
