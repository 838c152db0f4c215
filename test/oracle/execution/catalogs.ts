import type { Client } from 'pg';
import type { ResourceKind } from '../../../src/core/resource.ts';

/** An object of the database as an effect could name it, found by the row of its catalog. */
export interface DatabaseObject {
  /** `class oid/object oid`, as in pg_depend. */
  readonly address: string;
  /** Undefined for what no effect names by itself (a constraint, a default): it counts for what it belongs to. */
  readonly kind: ResourceKind | undefined;
  readonly path: readonly string[];
}

/** Whose row it is, where the catalog has no oid of its own or its rows are parts of another object: class and oid (documentation, chapter System Catalogs). */
const parts: { readonly [catalog: string]: readonly [classOid: string, objectOid: string] } = {
  pg_attribute: [`'pg_class'::regclass`, 'attrelid'], pg_index: [`'pg_class'::regclass`, 'indexrelid'],
  pg_inherits: [`'pg_class'::regclass`, 'inhrelid'], pg_sequence: [`'pg_class'::regclass`, 'seqrelid'], pg_partitioned_table: [`'pg_class'::regclass`, 'partrelid'],
  pg_foreign_table: [`'pg_class'::regclass`, 'ftrelid'], pg_statistic: [`'pg_class'::regclass`, 'starelid'], pg_statistic_ext_data: [`'pg_statistic_ext'::regclass`, 'stxoid'],
  pg_aggregate: [`'pg_proc'::regclass`, 'aggfnoid'], pg_range: [`'pg_type'::regclass`, 'rngtypid'], pg_enum: [`'pg_type'::regclass`, 'enumtypid'],
  pg_description: ['classoid', 'objoid'], pg_seclabel: ['classoid', 'objoid'], pg_shdescription: ['classoid', 'objoid'], pg_shseclabel: ['classoid', 'objoid'],
  pg_largeobject: [`'pg_largeobject'::regclass`, 'loid'], pg_largeobject_metadata: [`'pg_largeobject'::regclass`, 'oid'], pg_auth_members: [`'pg_authid'::regclass`, 'roleid'],
  pg_db_role_setting: [`CASE WHEN setrole = 0 THEN 'pg_database'::regclass ELSE 'pg_authid'::regclass END`, 'CASE WHEN setrole = 0 THEN setdatabase ELSE setrole END'],
  pg_amop: [`'pg_opfamily'::regclass`, 'amopfamily'], pg_amproc: [`'pg_opfamily'::regclass`, 'amprocfamily'],
  pg_ts_config_map: [`'pg_ts_config'::regclass`, 'mapcfg'], pg_subscription_rel: [`'pg_subscription'::regclass`, 'srsubid'],
};
/** What follows from changes that are seen elsewhere. */
const bookkeeping = new Set(['pg_depend', 'pg_shdepend', 'pg_init_privs', 'pg_replication_origin']);

/** What pg_identify_object_as_address calls an object, in the words of core. */
const kinds: { readonly [type: string]: ResourceKind } = {
  'table': 'table', 'view': 'table', 'materialized view': 'table', 'foreign table': 'table', 'index': 'index', 'sequence': 'sequence', 'composite type': 'type', 'type': 'type',
  'function': 'function', 'procedure': 'function', 'aggregate': 'function', 'schema': 'schema', 'trigger': 'trigger', 'rule': 'rule', 'policy': 'policy', 'role': 'role',
  'operator': 'operator', 'operator class': 'operator', 'operator family': 'operator', 'cast': 'cast', 'event trigger': 'event-trigger', 'extension': 'extension', 'language': 'language',
  'collation': 'collation', 'conversion': 'type', 'statistics object': 'statistics', 'large object': 'large-object', 'server': 'server', 'foreign-data wrapper': 'server',
  'user mapping': 'server', 'publication': 'publication', 'subscription': 'subscription', 'database': 'database', 'tablespace': 'tablespace', 'transform': 'transform',
  'access method': 'access-method', 'text search configuration': 'text-search', 'text search dictionary': 'text-search', 'text search parser': 'text-search',
  'text search template': 'text-search', 'default acl': 'role', 'parameter ACL': 'setting',
};

/** Objects that the server comes with have lower oids (FirstNormalObjectId, src/include/access/transam.h). */
export const firstOwnOid = 16_384;

/** Rows of one catalog: for each object a digest that changes with any of its rows. */
export type CatalogRows = ReadonlyMap<string, string>;

export async function catalogNames(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ relname: string }>(`SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'`);
  return rows.map(({ relname }) => relname).filter((name) => !bookkeeping.has(name));
}

/**
 * A row's place and the transaction that wrote it stand for its content: nobody vacuums. Of what the server comes with, only rows that are
 * younger than `since`, a transaction id.
 */
export async function catalogRows(client: Client, catalog: string, since: number): Promise<CatalogRows> {
  const [classOid, objectOid] = parts[catalog] ?? [`'${catalog}'::regclass`, 'oid'];
  const { rows } = await client.query<{ address: string; digest: string }>(
    `SELECT ${classOid}::oid || '/' || (${objectOid})::oid AS address, bit_xor(hashtextextended(xmin || ' ' || ctid::text, 0))::text AS digest FROM pg_catalog.${catalog}
     WHERE (${objectOid})::oid >= ${firstOwnOid} OR xmin::text::bigint >= ${since} GROUP BY 1`);
  return new Map(rows.map(({ address, digest }) => [address, digest]));
}

export async function nextTransaction(client: Client): Promise<number> {
  const { rows } = await client.query<{ next: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next');
  return Number(rows[0]?.next);
}

/** Names of what the addresses stand for; absent where there is no such object now. */
export async function identify(client: Client, addresses: readonly string[]): Promise<ReadonlyMap<string, DatabaseObject>> {
  const { rows } = await client.query<{ address: string; type: string; object_names: string[] }>(
    `SELECT address, i.type, i.object_names FROM unnest($1::text[]) address, pg_identify_object_as_address(split_part(address, '/', 1)::oid, split_part(address, '/', 2)::oid, 0) i
     WHERE i.type IS NOT NULL AND i.object_names IS NOT NULL`, [addresses]);
  return new Map(rows.map(({ address, type, object_names }) => [address, { address, kind: kinds[type], path: temporary(typeName(type, object_names)) }]));
}

/** A type comes as one text, rights of a role on what it will make with the schema. */
function typeName(type: string, names: readonly string[]): readonly string[] {
  if (type === 'default acl') return names.slice(0, 1);
  return type === 'type' ? (names[0] ?? '').split('.').map((part) => part.replaceAll('"', '')) : names;
}

/** A session's temporary schema has a number, which statements leave out. */
export function temporary(path: readonly string[]): readonly string[] {
  return path.map((part, i) => (i === 0 && path.length > 1 && /^pg_temp_\d+$/.test(part) ? 'pg_temp' : part));
}

/** What each object depends on, whatever the kind of dependence, and what is a part of it (internal): who drops a part drops the whole. */
export async function dependencies(client: Client): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await client.query<{ address: string; on: string[] }>(
    `SELECT address, array_agg(DISTINCT up) AS on FROM (
       SELECT classid || '/' || objid AS address, refclassid || '/' || refobjid AS up FROM pg_depend WHERE objid >= ${firstOwnOid}
       UNION ALL SELECT refclassid || '/' || refobjid, classid || '/' || objid FROM pg_depend WHERE objid >= ${firstOwnOid} AND deptype = 'i') edge GROUP BY 1`);
  return new Map(rows.map(({ address, on }) => [address, on]));
}
