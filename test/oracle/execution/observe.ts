import type { Client } from 'pg';
import * as z from 'zod';
import { catalogNames, catalogRows, dependencies, identify, nextTransaction, temporary, type CatalogRows, type DatabaseObject } from './catalogs.ts';

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** As in pg_class.relkind. */
  readonly kind: string;
  /** oids of what it is a partition or a child of. */
  readonly parents: readonly number[];
  /** oids of what its foreign keys point at. */
  readonly references: readonly number[];
}

export interface ObjectChange {
  readonly object: DatabaseObject;
  readonly how: 'made' | 'changed' | 'gone';
  /** In which catalogs its rows changed. */
  readonly catalogs: readonly string[];
}

/** What is true between statements. */
export interface Situation {
  readonly relations: ReadonlyMap<number, Relation>;
  readonly catalogs: ReadonlyMap<string, CatalogRows>;
  readonly objects: ReadonlyMap<string, DatabaseObject>;
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  readonly settings: ReadonlyMap<string, string>;
  /** The first transaction whose changes to what the server comes with are seen. */
  readonly since: number;
  /** Where each sequence stands, by oid: no rollback takes it back. */
  readonly sequences: ReadonlyMap<number, string>;
  /** How many advisory locks the session holds: one of the session's own outlives its transaction. */
  readonly advisory: number;
}

/** What one transaction did, measured inside of it by the server's own counters, locks and catalogs. */
export interface Happened {
  /** As it is after the statements. */
  readonly situation: Situation;
  readonly tuples: readonly { readonly oid: number; readonly inserted: number; readonly updated: number; readonly deleted: number }[];
  /** Modes of the locks that are held, by the oid of the relation. */
  readonly locks: ReadonlyMap<number, readonly string[]>;
  /** oids of relations, or of tables by their indexes, that were scanned. */
  readonly scanned: ReadonlySet<number>;
  /** It holds more advisory locks than before. */
  readonly advisory: boolean;
  readonly objects: readonly ObjectChange[];
  readonly settings: readonly { readonly name: string; readonly value: string }[];
  /** oids of those that moved. */
  readonly sequences: readonly number[];
  readonly functions: readonly { readonly oid: number; readonly name: string }[];
}

const locksHeld = `SELECT locktype, relation, array_agg(mode) AS modes FROM pg_locks
  WHERE pid = pg_backend_pid() AND (locktype = 'advisory' OR relation <> 'pg_locks'::regclass) AND mode <> 'SIReadLock' GROUP BY 1, 2`;
/** Without it the counters of a transaction are added to those of the one before. It MUST be the last that runs before a transaction that is measured. */
export const flushAtEnd = 'SELECT pg_stat_force_next_flush()';
const rowsChanged = `SELECT oid, relname, relnamespace = 'pg_catalog'::regnamespace AS system, i AS inserted, u AS updated, d AS deleted FROM pg_class,
  LATERAL (SELECT pg_stat_get_xact_tuples_inserted(oid) i, pg_stat_get_xact_tuples_updated(oid) u, pg_stat_get_xact_tuples_deleted(oid) d) n
  WHERE relkind IN ('r', 'm', 'f') AND i + u + d > 0`;
const relationsScanned = `SELECT coalesce(indrelid, c.oid) AS oid FROM pg_class c LEFT JOIN pg_index ON indexrelid = c.oid
  WHERE pg_stat_get_xact_numscans(c.oid) > 0 OR (relkind = 'S' AND pg_stat_get_xact_blocks_fetched(c.oid) > 0)`;
const functionsCalled = `SELECT oid, oid::regproc::text AS name FROM pg_proc WHERE oid >= 16384 AND pg_stat_get_xact_function_calls(oid) > 0`;
const relationsKnown = `SELECT c.oid, nspname AS schema, relname AS name, relkind AS kind,
  ARRAY(SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid) AS parents, ARRAY(SELECT confrelid FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f') AS references
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace`;
// Some are not shown in the view.
const settingsNow = `SELECT name, setting FROM pg_settings UNION ALL SELECT name, current_setting(name) FROM unnest(ARRAY['role', 'session_authorization', 'is_superuser']) name
  ORDER BY 1`;
const sequencesStand = `SELECT seqrelid AS oid, coalesce(pg_sequence_last_value(seqrelid)::text, '') AS value FROM pg_sequence`;

type Row = Record<string, unknown>;

const relation = z.object({ oid: z.number(), schema: z.string(), name: z.string(), kind: z.string(), parents: z.array(z.number()), references: z.array(z.number()) }) satisfies z.ZodType<Relation>;

/** Several queries in one message. */
async function all(client: Client, queries: readonly string[]): Promise<readonly (readonly Row[])[]> {
  const results: unknown = await client.query(queries.join(';\n'));
  return (results as readonly { readonly rows: readonly Row[] }[]).map(({ rows }) => rows);
}

function byOid(rows: readonly Row[] | undefined): ReadonlyMap<number, Relation> {
  const relations = new Map<number, Relation>();
  for (const row of z.array(relation).parse(rows ?? [])) relations.set(row.oid, { ...row, schema: temporary([row.schema, row.name])[0] ?? '' });
  return relations;
}

function settingsOf(rows: readonly Row[] | undefined): ReadonlyMap<string, string> {
  return new Map((rows ?? []).map(({ name, setting }) => [String(name), typeof setting === 'string' ? setting : '']));
}

function sequencesOf(rows: readonly Row[] | undefined): ReadonlyMap<number, string> {
  return new Map((rows ?? []).map(({ oid, value }) => [Number(oid), String(value)]));
}

function advisoryOf(locks: readonly Row[]): number {
  return locks.filter(({ locktype }) => locktype === 'advisory').reduce((sum, { modes }) => sum + z.array(z.unknown()).parse(modes).length, 0);
}

export async function sequencesNow(client: Client): Promise<ReadonlyMap<number, string>> {
  return sequencesOf((await client.query<Row>(sequencesStand)).rows);
}

/** What holds before anything runs. The client MUST be inside a transaction: some settings differ outside of one. */
export async function survey(client: Client): Promise<Situation> {
  const catalogs = new Map<string, CatalogRows>();
  const since = await nextTransaction(client);
  for (const name of await catalogNames(client)) catalogs.set(name, await catalogRows(client, name, since));
  const [relations, settings, sequences, locks = []] = await all(client, [relationsKnown, settingsNow, sequencesStand, locksHeld]);
  const addresses = [...new Set([...catalogs.values()].flatMap((rows) => [...rows.keys()]))];
  return {
    since, relations: byOid(relations), catalogs, settings: settingsOf(settings), sequences: sequencesOf(sequences), advisory: advisoryOf(locks),
    objects: await identify(client, addresses), dependencies: await dependencies(client),
  };
}

/** Measures the open transaction, which MUST be the first since `before`, in the only session that writes. */
export async function observe(client: Client, before: Situation): Promise<Happened> {
  // Locks first, and scans: what comes after adds to them.
  const [locks = [], scanned = [], changed = [], functions = [], settingRows, sequenceRows] = await all(client, [locksHeld, relationsScanned, rowsChanged, functionsCalled, settingsNow, sequencesStand]);
  const names = changed.filter(({ system }) => system === true).map(({ relname }) => String(relname));
  const settings = settingsOf(settingRows);
  const sequences = sequencesOf(sequenceRows);
  const advisory = advisoryOf(locks);
  const { situation, objects } = names.length === 0 ? { situation: before, objects: [] } : await objectsChanged(client, before, names);
  return {
    situation: { ...situation, settings, sequences, advisory }, objects,
    tuples: changed.map((row) => ({ oid: Number(row['oid']), inserted: Number(row['inserted']), updated: Number(row['updated']), deleted: Number(row['deleted']) })),
    locks: new Map(locks.filter(({ locktype }) => locktype === 'relation').map(({ relation, modes }) => [Number(relation), modes as readonly string[]])),
    scanned: new Set(scanned.map(({ oid }) => Number(oid))),
    advisory: advisory > before.advisory,
    settings: [...settings].filter(([name, value]) => (before.settings.get(name) ?? '') !== value).map(([name, value]) => ({ name, value })),
    // Another role may not see where they stand.
    sequences: [...sequences].filter(([oid, value]) => value !== '' && before.sequences.has(oid) && before.sequences.get(oid) !== value).map(([oid]) => oid),
    functions: functions.map(({ oid, name }) => ({ oid: Number(oid), name: String(name) })),
  };
}

async function objectsChanged(client: Client, before: Situation, names: readonly string[]): Promise<{ situation: Situation; objects: ObjectChange[] }> {
  const catalogs = new Map(before.catalogs);
  const moved = new Map<string, Set<string>>();
  for (const name of names) {
    const was = before.catalogs.get(name);
    if (was === undefined) continue;
    const is = await catalogRows(client, name, before.since);
    catalogs.set(name, is);
    for (const address of new Set([...was.keys(), ...is.keys()])) {
      if (was.get(address) === is.get(address)) continue;
      const where = moved.get(address);
      if (where === undefined) moved.set(address, new Set([name]));
      else where.add(name);
    }
  }
  const present = await identify(client, [...moved.keys()]);
  const relations = (await client.query<Row>(relationsKnown)).rows;
  const objects = [...moved].map(([address, where]): ObjectChange => {
    const was = before.objects.get(address);
    const object = present.get(address) ?? was ?? { address, kind: undefined, path: [address] };
    return { object, how: was === undefined ? 'made' : present.has(address) ? 'changed' : 'gone', catalogs: [...where] };
  });
  const known = new Map(before.objects);
  for (const { object, how } of objects) {
    if (how === 'gone') known.delete(object.address);
    else known.set(object.address, object);
  }
  return { situation: { ...before, relations: byOid(relations), catalogs, objects: known, dependencies: await dependencies(client) }, objects };
}
