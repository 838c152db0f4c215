import type { ClientBase } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CatalogSnapshot, FunctionInfo, Reference, RelationInfo, RelationKind, TriggerInfo } from '../core/catalog.ts';
import * as ask from './rows.ts';
import { settled, textSources, type TextSource } from './text-sources.ts';
import { inTurns, rows } from './transaction.ts';

const settlingPause = 2; // ms
const settlingPauses = 100;

/** All of a catalog but its texts; one state of the database. */
export interface Frame {
  readonly head: Pick<CatalogSnapshot, 'database' | 'serverVersion' | 'role' | 'closedSchemas'>;
  readonly relations: readonly Omit<RelationInfo, 'definition' | 'rules'>[];
  readonly functions: readonly Omit<FunctionInfo, 'definition'>[];
  readonly sources: readonly TextSource[];
}

/** Reads inside a transaction of the caller's, which shows one state. Throws what the server or the connection says. */
export async function readFrame(client: ClientBase): Promise<Frame> {
  const [self] = await rows(client, ask.identity);
  if (self === undefined) throw new Error('the server did not say which database this is');
  const [database, serverVersion, role] = self;
  const closedSchemas = (await rows(client, ask.closedSchemas)).map(([schema]) => schema);
  const relations = await readRelations(client);
  const functions = await readFunctions(client);
  const sources = (await rows(client, textSources())).map(([kind, oid, subject, locks, key]): TextSource => ({ kind, oid, subject, locks, key }));
  await untilSettled(client);
  return { head: { database, serverVersion, role, closedSchemas }, relations, functions, sources };
}

async function untilSettled(client: ClientBase): Promise<void> {
  for (let pauses = 0; pauses < settlingPauses; pauses++) {
    if ((await rows(client, settled))[0]?.[0] === true) return;
    await sleep(settlingPause);
  }
  throw new Error('a transaction of the server does not end its commit');
}

async function readRelations(client: ClientBase): Promise<Frame['relations']> {
  const found = await rows(client, ask.relations);
  const names = new Map(found.map(([oid, schema, name]) => [oid, { schema, name }]));
  const same = interner();
  const columns = new Map((await rows(client, ask.columns)).map(([oid, list]) => [oid, list.map(([number, name, type]) => ({ number, name: same(name), type: same(type) }))]));
  const keys = grouped(await rows(client, ask.keys));
  const triggers = grouped(await rows(client, ask.triggers));
  const references = grouped(await rows(client, ask.references));
  const children = new Map(await rows(client, ask.children));

  const columnNames = (relation: number, numbers: readonly number[]): string[] => numbers.map((number) => columns.get(relation)?.find((column) => column.number === number)?.name ?? fail(`column ${number} of relation ${relation}`));
  return inTurns(found, ([oid, schema, name, kind, rowSecurity]) => ({
      oid, schema: same(schema), name, kind: relationKinds[kind],
      columns: columns.get(oid) ?? [],
      keys: (keys.get(oid) ?? []).map(([, numbers]) => columnNames(oid, numbers)),
      triggers: (triggers.get(oid) ?? []).map(([, trigger, type, fn, enabled]): TriggerInfo => ({ name: trigger, events: triggerEvents(type), function: fn, enabled })),
      referencedBy: (references.get(oid) ?? []).map(([, constraint, from, numbers, onDelete, onUpdate]): Reference => ({ constraint, ...tableName(names, from), columns: columnNames(from, numbers), onDelete, onUpdate })),
      children: children.get(oid) ?? [],
      rowSecurity,
  }));
}

async function readFunctions(client: ClientBase): Promise<Frame['functions']> {
  const found = await rows(client, ask.functions);
  const same = interner();
  return inTurns(found, ([oid, schema, name, kind, types, defaults, variadic, language, volatility, securityDefiner, settings, extension]) => {
    return {
      oid, schema: same(schema), name, kind: functionKinds[kind], arguments: types.map(same), defaults, variadic, language: same(language),
      volatility: volatilities[volatility], securityDefiner, settings: settings ?? [],
      ...(extension === null ? {} : { extension: same(extension) }),
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
