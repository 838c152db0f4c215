import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import * as z from 'zod';
import type { CatalogSnapshot, FunctionInfo, Reference, RelationInfo, RelationKind, TriggerInfo } from '../core/catalog.ts';
import { changeToken, commitToken } from './change-token.ts';
import { digest } from './digest.ts';
import * as ask from './rows.ts';
import type { Question } from './rows.ts';

const statementTimeout = 60_000; // ms; 20,000 tables take a second or two
const lockTimeout = 5_000; // ms; definitions are read under a lock that a migration may hold
const rowsPerTurn = 500;

/** A snapshot, and the tokens that were true when it was made: as long as they are, it is. */
export interface Loaded {
  readonly snapshot: CatalogSnapshot;
  readonly commitToken: string;
  readonly changeToken: string;
}

/**
 * Reads what the connection's database holds, in one read-only transaction. No rights are needed beyond those that every role has.
 * Where the texts of views or functions may not be read they are absent, and what depends on them is then opaque; everything else that
 * may not be read is an error, because to take it for absent would hide effects.
 * Throws what the server or the connection says, also when an object goes away meanwhile: then try again.
 */
export async function loadCatalog(client: ClientBase): Promise<Loaded> {
  return inReadOnlyTransaction(client, async () => ({ commitToken: await commitToken(client), changeToken: await changeToken(client), snapshot: await read(client) }));
}

/** The change token alone; what to compare with the one that a load gave. */
export async function readChangeToken(client: ClientBase): Promise<string> {
  return inReadOnlyTransaction(client, () => changeToken(client));
}

/** One state of the database, under settings with which the server writes every name with its schema, and every text in the same way. */
async function inReadOnlyTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL search_path = ''; SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on; SET LOCAL client_encoding = 'UTF8';
    SET LOCAL statement_timeout = ${statementTimeout}; SET LOCAL lock_timeout = ${lockTimeout}`);
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // The connection may be what failed; the first error is the one that matters.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function read(client: ClientBase): Promise<CatalogSnapshot> {
  const [self] = await rows(client, ask.identity);
  if (self === undefined) throw new Error('the server did not say which database this is');
  const [database, serverVersion, role] = self;
  const closedSchemas = (await rows(client, ask.closedSchemas)).map(([schema]) => schema);
  const relations = await readRelations(client);
  const functions = await readFunctions(client);
  const content = { database, serverVersion, role, closedSchemas, relations, functions };
  return { format: 'guardrails-catalog/1', version: await digest(content), ...content };
}

async function readRelations(client: ClientBase): Promise<readonly RelationInfo[]> {
  const found = await rows(client, ask.relations);
  const names = new Map(found.map(([oid, schema, name]) => [oid, { schema, name }]));
  const same = interner();
  const columns = new Map((await rows(client, ask.columns)).map(([oid, list]) => [oid, list.map(([number, name, type]) => ({ number, name: same(name), type: same(type) }))]));
  const keys = grouped(await rows(client, ask.keys));
  const triggers = grouped(await rows(client, ask.triggers));
  const references = grouped(await rows(client, ask.references));
  const children = new Map(await rows(client, ask.children));
  const rules = grouped(await rows(client, ask.rules));
  const definitions = new Map(await optionalRows(client, ask.viewDefinitions));

  const columnNames = (relation: number, numbers: readonly number[]): string[] => numbers.map((number) => columns.get(relation)?.find((column) => column.number === number)?.name ?? fail(`column ${number} of relation ${relation}`));
  return inTurns(found, ([oid, schema, name, kind, rowSecurity]) => {
    const definition = definitions.get(oid) ?? undefined;
    return {
      oid, schema: same(schema), name, kind: relationKinds[kind],
      columns: columns.get(oid) ?? [],
      keys: (keys.get(oid) ?? []).map(([, numbers]) => columnNames(oid, numbers)),
      triggers: (triggers.get(oid) ?? []).map(([, trigger, type, fn, enabled]): TriggerInfo => ({ name: trigger, events: triggerEvents(type), function: fn, enabled })),
      referencedBy: (references.get(oid) ?? []).map(([, constraint, from, numbers, onDelete, onUpdate]): Reference => ({ constraint, ...tableName(names, from), columns: columnNames(from, numbers), onDelete, onUpdate })),
      children: children.get(oid) ?? [],
      ...(definition === undefined ? {} : { definition }),
      rules: (rules.get(oid) ?? []).map(([, rule]) => rule),
      rowSecurity,
    };
  });
}

async function readFunctions(client: ClientBase): Promise<readonly FunctionInfo[]> {
  const found = await rows(client, ask.functions);
  const definitions = new Map(await optionalRows(client, ask.functionDefinitions));
  const same = interner();
  return inTurns(found, ([oid, schema, name, kind, types, defaults, variadic, language, volatility, securityDefiner, settings, extension]) => {
    const definition = definitions.get(oid) ?? undefined;
    return {
      oid, schema: same(schema), name, kind: functionKinds[kind], arguments: types.map(same), defaults, variadic, language: same(language),
      volatility: volatilities[volatility], securityDefiner, settings: settings ?? [],
      ...(definition === undefined ? {} : { definition }), ...(extension === null ? {} : { extension: same(extension) }),
    };
  });
}

const relationKinds = {
  r: 'table', p: 'partitioned', v: 'view', m: 'materialized-view', f: 'foreign-table', S: 'sequence', i: 'index', I: 'index', c: 'composite',
} as const satisfies Record<string, RelationKind>;
const functionKinds = { f: 'function', p: 'procedure', a: 'aggregate', w: 'window' } as const;
const volatilities = { i: 'immutable', s: 'stable', v: 'volatile' } as const;

/** Bits of `tgtype`: src/include/catalog/pg_trigger.h. */
function triggerEvents(type: number): TriggerInfo['events'] {
  const bits = [['insert', 4], ['delete', 8], ['update', 16], ['truncate', 32]] as const;
  return bits.filter(([, bit]) => (type & bit) !== 0).map(([event]) => event);
}

function tableName(names: ReadonlyMap<number, { schema: string; name: string }>, oid: number): { schema: string; table: string } {
  const found = names.get(oid) ?? fail(`relation ${oid}`);
  return { schema: found.schema, table: found.name };
}

/** One transaction shows one state, so this is a fault of the target or of ours; a foreign key that is left out would be a cascade that nobody sees. */
function fail(what: string): never {
  throw new Error(`the catalog speaks of ${what}, which it does not have`);
}

const text = z.tuple([z.string()]);

async function rows<Row>(client: ClientBase, question: Question<Row>): Promise<readonly Row[]> {
  const result = await client.query<unknown[]>({ text: question.sql, rowMode: 'array' });
  return inTurns(result.rows, (row) => question.row.parse(JSON.parse(text.parse(row)[0])));
}

const refusedBy = z.object({ code: z.literal('42501') });

/** Empty when the role may not read it. */
async function optionalRows<Row>(client: ClientBase, question: Question<Row>): Promise<readonly Row[]> {
  await client.query('SAVEPOINT optional');
  try {
    return await rows(client, question);
  } catch (error) {
    if (!refusedBy.safeParse(error).success) throw error;
    await client.query('ROLLBACK TO SAVEPOINT optional');
    return [];
  }
}

/** Maps a long list without holding up other sessions: a large catalog takes about a second in all. */
async function inTurns<From, To>(list: readonly From[], map: (from: From) => To): Promise<To[]> {
  const mapped: To[] = [];
  for (let start = 0; start < list.length; start += rowsPerTurn) {
    if (start > 0) await nextTurn();
    for (const item of list.slice(start, start + rowsPerTurn)) mapped.push(map(item));
  }
  return mapped;
}

function grouped<Row extends readonly [number, ...unknown[]]>(list: readonly Row[]): ReadonlyMap<number, readonly Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of list) {
    const group = groups.get(row[0]);
    if (group === undefined) groups.set(row[0], [row]);
    else group.push(row);
  }
  return groups;
}

/** One string object for equal strings: `id`, `integer` and `public` come by the ten thousand. */
function interner(): (value: string) => string {
  const known = new Map<string, string>();
  return (value) => {
    const seen = known.get(value);
    if (seen !== undefined) return seen;
    known.set(value, value);
    return value;
  };
}
