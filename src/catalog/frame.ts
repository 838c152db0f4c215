import type { ClientBase } from 'pg';
import type { Called, CatalogSnapshot, ColumnInfo, FunctionInfo, Reference, RelationInfo, RelationKind, TriggerInfo } from '../core/catalog.ts';
import { codeOf, codeQuestions, type CodeRow } from './code-rows.ts';
import { functionCalls, type Made, madeObjects, storedCode } from './code.ts';
import * as ask from './rows.ts';
import { textSources, type TextSource } from './text-sources.ts';
import { answers, inTurns } from './transaction.ts';
import { triggerEvents } from './trigger-events.ts';

/** By relation. As long as the stamp is the same, so is the list. */
type Kept<Item> = ReadonlyMap<number, { readonly stamp: string; readonly list: readonly Item[] }>;

/** All of a catalog but its texts; one state of the database. */
export interface Frame {
  readonly head: Pick<CatalogSnapshot, 'database' | 'serverVersion' | 'role' | 'closedSchemas'>;
  readonly relations: readonly Omit<RelationInfo, 'definition' | 'rules'>[];
  readonly functions: readonly Omit<FunctionInfo, 'definition'>[];
  readonly made: Made;
  readonly sources: readonly TextSource[];
  readonly columns: Kept<ColumnInfo>;
  /** The same of the code that relations run by themselves. */
  readonly code: Kept<CodeRow>;
}

const questions = { ...ask.questions, ...codeQuestions, sources: textSources() };
type Answered = Awaited<ReturnType<typeof answers<typeof questions>>>;

/**
 * Reads inside a transaction of the caller's, which shows one state. Of `last`, read on the same connection, those columns are taken that
 * have not changed: they are most of a catalog. Throws what the server or the connection says.
 */
export async function readFrame(client: ClientBase, last?: Frame): Promise<Frame> {
  const answered = await answers(client, questions);
  const [self] = answered.identity;
  if (self === undefined) throw new Error('the server did not say which database this is');
  const [database, serverVersion, role] = self;
  const same = interner();
  const columns = await readKept(client, answered.columnStamps, last?.columns, ask.columns, ([number, name, type]) => ({ number, name: same(name), type: same(type) }), (oid) => fail(`the columns of relation ${oid}`));
  const code = await readKept(client, answered.codeStamps, last?.code, codeOf, (row) => row, () => none);
  return {
    head: { database, serverVersion, role, closedSchemas: answered.closedSchemas.map(([schema]) => schema) },
    columns, code, relations: await relationsOf(answered, columns, code, same), functions: await functionsOf(answered, same), made: madeObjects(answered, same),
    sources: answered.sources.map(([kind, oid, subject, locks, key]): TextSource => ({ kind, oid, subject, locks, key })),
  };
}

/** Asks for the lists of relations whose stamp has moved. */
async function readKept<Row, Item>(
  client: ClientBase, stamps: Answered['columnStamps'], known: Kept<Item> | undefined,
  ask: (relations: readonly number[]) => ask.Question<readonly [relation: number, list: readonly Row[]]>, itemOf: (row: Row) => Item, absent: (relation: number) => readonly Item[],
): Promise<Kept<Item>> {
  const changed = stamps.filter(([oid, stamp]) => known?.get(oid)?.stamp !== stamp).map(([oid]) => oid);
  const { read } = changed.length === 0 ? { read: [] } : await answers(client, { read: ask(changed) });
  const fresh = new Map(await inTurns(read, ([oid, list]) => [oid, list.map(itemOf)] as const));
  return new Map(stamps.map(([oid, stamp]) => {
    const kept = known?.get(oid);
    return [oid, kept?.stamp === stamp ? kept : { stamp, list: fresh.get(oid) ?? absent(oid) }];
  }));
}

async function relationsOf(answered: Answered, columns: Frame['columns'], code: Frame['code'], same: (value: string) => string): Promise<Frame['relations']> {
  const names = new Map(answered.relations.map(([oid, schema, name]) => [oid, { schema, name }]));
  const keys = grouped(answered.keys);
  const triggers = grouped(answered.triggers);
  const references = grouped(answered.references);
  const children = new Map(answered.children);
  const views = new Map(answered.views);

  const columnNames = (relation: number, numbers: readonly number[]): string[] => numbers.map((number) => columns.get(relation)?.list.find((column) => column.number === number)?.name ?? fail(`column ${number} of relation ${relation}`));
  return inTurns(answered.relations, ([oid, schema, name, kind, rowSecurity]) => ({
    oid, schema: same(schema), name, kind: relationKinds[kind],
    columns: columns.get(oid)?.list ?? [],
    keys: (keys.get(oid) ?? []).map(([, numbers]) => columnNames(oid, numbers)),
    triggers: (triggers.get(oid) ?? []).map(([, trigger, type, fn, enabled]): TriggerInfo => ({ name: trigger, events: triggerEvents(type), function: fn, enabled })),
    referencedBy: (references.get(oid) ?? []).map(([, constraint, from, numbers, onDelete, onUpdate]): Reference => ({ constraint, ...tableName(names, from), columns: columnNames(from, numbers), onDelete, onUpdate })),
    children: children.get(oid) ?? [],
    views: views.get(oid) ?? [],
    rowSecurity,
    code: (code.get(oid)?.list ?? none).flatMap((row) => storedCode(row, rowSecurity)),
  }));
}

async function functionsOf({ functions, functionCalls: called }: Answered, same: (value: string) => string): Promise<Frame['functions']> {
  const calls = functionCalls(called);
  return inTurns(functions, ([oid, schema, name, kind, types, defaults, variadic, language, volatility, securityDefiner, settings, extension]) => ({
    oid, schema: same(schema), name, kind: functionKinds[kind], arguments: types.map(same), defaults, variadic, language: same(language),
    volatility: volatilities[volatility], securityDefiner, settings: settings ?? [],
    ...(extension === null ? {} : { extension: same(extension) }),
    ...optionalCalls(calls.get(oid)),
  }));
}

const none: readonly CodeRow[] = [];

const relationKinds = {
  r: 'table', p: 'partitioned', v: 'view', m: 'materialized-view', f: 'foreign-table', S: 'sequence', i: 'index', I: 'index', c: 'composite',
} as const satisfies Record<string, RelationKind>;
const functionKinds = { f: 'function', p: 'procedure', a: 'aggregate', w: 'window' } as const;
const volatilities = { i: 'immutable', s: 'stable', v: 'volatile' } as const;

function optionalCalls(calls: Called | undefined): { readonly calls?: Called } {
  return calls === undefined ? {} : { calls };
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
