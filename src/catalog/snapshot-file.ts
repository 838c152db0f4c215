import * as z from 'zod';
import type { CastInfo, CatalogSnapshot, EventTriggerInfo, FunctionInfo, FunctionResult, OperatorClassInfo, OperatorInfo, RelationInfo, TypeInfo } from '../core/catalog.ts';
import { digest } from './digest.ts';

/** A snapshot file that cannot be used. The message says where in it, and what is wrong; it is one line for each of the first faults. */
export class InvalidSnapshot extends Error {
  override readonly name = 'InvalidSnapshot';
}

const oid = z.int().min(1).max(0xff_ff_ff_ff);
const count = z.int().min(0);
const names = z.array(z.string());
const action = z.enum(['a', 'r', 'c', 'n', 'd']);

const called = { functions: z.array(oid), builtins: names, types: z.array(oid) };

const single = z.strictObject({ of: z.enum(['column', 'function']), value: z.string() });

// The order of members is that in which units.ts, read-frame.ts and content.ts make them: the digest depends on it.
const relation = z.strictObject({
  oid,
  schema: z.string(),
  name: z.string(),
  kind: z.enum(['table', 'partitioned', 'view', 'materialized-view', 'foreign-table', 'sequence', 'index', 'composite', 'toast']),
  columns: z.array(z.strictObject({ number: z.int(), name: z.string(), type: z.string(), single: single.exactOptional() })),
  keys: z.array(names),
  triggers: z.array(z.strictObject({ name: z.string(), events: z.array(z.enum(['insert', 'update', 'delete', 'truncate'])), function: oid, enabled: z.boolean(), oldTable: z.string().exactOptional(), newTable: z.string().exactOptional() })),
  referencedBy: z.array(z.strictObject({ constraint: z.string(), schema: z.string(), table: z.string(), columns: names, onDelete: action, onUpdate: action })),
  partitionOf: oid.exactOptional(),
  children: z.array(oid),
  views: z.array(oid),
  sequences: z.array(z.strictObject({ column: z.string(), sequence: oid })).exactOptional(),
  definition: z.string().exactOptional(),
  rules: names,
  rowSecurity: z.boolean(),
  code: z.array(z.strictObject({ kind: z.enum(['default', 'generated', 'check', 'index', 'key', 'condition', 'policy', 'statistics']), name: z.string(), events: z.array(z.enum(['select', 'insert', 'update', 'delete', 'truncate'])), ...called, reads: z.array(z.strictObject({ relation: oid, columns: z.array(z.int()) })) })),
}) satisfies z.ZodType<RelationInfo>;

const set = z.boolean();
const result = z.discriminatedUnion('gives', [
  z.strictObject({ set, gives: z.literal('value'), name: z.string().exactOptional() }), z.strictObject({ set, gives: z.literal('row'), relation: oid }),
  z.strictObject({ set, gives: z.literal('columns'), columns: names }), z.strictObject({ set, gives: z.literal('unknown') }),
]) satisfies z.ZodType<FunctionResult>;

const fn = z.strictObject({
  oid,
  schema: z.string(),
  name: z.string(),
  kind: z.enum(['function', 'procedure', 'aggregate', 'window']),
  arguments: names,
  defaults: count,
  variadic: z.boolean(),
  language: z.string(),
  volatility: z.enum(['immutable', 'stable', 'volatile']),
  securityDefiner: z.boolean(),
  settings: names,
  result: result.exactOptional(),
  definition: z.string().exactOptional(),
  extension: z.string().exactOptional(),
  calls: z.strictObject(called).exactOptional(),
}) satisfies z.ZodType<FunctionInfo>;

const type = z.strictObject({
  oid,
  schema: z.string(),
  name: z.string(),
  written: z.string(),
  kind: z.enum(['base', 'composite', 'domain', 'enum', 'range']),
  compares: z.array(oid),
  base: z.string().exactOptional(),
  single: single.exactOptional(),
  ...called,
  extension: z.string().exactOptional(),
}) satisfies z.ZodType<TypeInfo>;

const operator = z.strictObject({
  schema: z.string(), name: z.string(), left: z.string().exactOptional(), right: z.string().exactOptional(), calls: z.strictObject(called),
}) satisfies z.ZodType<OperatorInfo>;

const cast = z.strictObject({
  source: z.string(), target: z.string(), context: z.enum(['explicit', 'assignment', 'implicit']), calls: z.strictObject(called),
}) satisfies z.ZodType<CastInfo>;

const operatorClass = z.strictObject({ schema: z.string(), name: z.string(), calls: z.strictObject(called) }) satisfies z.ZodType<OperatorClassInfo>;

const eventTrigger = z.strictObject({ name: z.string(), event: z.string(), tags: names, function: oid, enabled: z.boolean() }) satisfies z.ZodType<EventTriggerInfo>;

const file = z.strictObject({
  format: z.literal('guardrails-catalog/2'),
  database: z.string(),
  serverVersion: count,
  version: z.string(),
  role: z.string().exactOptional(),
  closedSchemas: names.exactOptional(),
  relations: z.array(relation),
  functions: z.array(fn),
  types: z.array(type),
  operators: z.array(operator),
  casts: z.array(cast),
  operatorClasses: z.array(operatorClass),
  eventTriggers: z.array(eventTrigger),
}).superRefine((snapshot, context) => {
  for (const key of ['relations', 'functions', 'types'] as const) {
    checkUnique(snapshot[key].map((object) => String(object.oid)), (index) => { context.addIssue({ code: 'custom', path: [key, index, 'oid'], message: 'a second object with this oid' }); });
  }
  // Which of the two a name means would depend on their order in the file.
  checkUnique(snapshot.relations.map(({ schema, name }) => JSON.stringify([schema, name])), (index) => { context.addIssue({ code: 'custom', path: ['relations', index, 'name'], message: 'a second relation of this name in its schema' }); });
});

function checkUnique(list: readonly string[], repeated: (index: number) => void): void {
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    if (seen.has(item)) repeated(index);
    seen.add(item);
  }
}

const faultsShown = 5;

/**
 * Reads what `formatSnapshot` wrote. Its version is made anew from the content, so that an edited file is another catalog, whatever it says.
 * Throws `InvalidSnapshot`.
 */
export async function parseSnapshot(text: string): Promise<CatalogSnapshot> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidSnapshot(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = file.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${place(path)}: ${message}`);
    const more = faults.length > faultsShown ? [`and ${faults.length - faultsShown} more`] : [];
    throw new InvalidSnapshot([...faults.slice(0, faultsShown), ...more].join('\n'));
  }
  // As the server gives them, whatever the order in the file.
  const content = { ...parsed.data, relations: parsed.data.relations.toSorted((a, b) => a.oid - b.oid), functions: parsed.data.functions.toSorted((a, b) => a.oid - b.oid) };
  return { ...content, version: await digest(content) };
}

/** As a file for people to look at and to keep: one object a line, so that what changed is what differs. */
export function formatSnapshot(snapshot: CatalogSnapshot): string {
  const { relations, functions, types, operators, casts, operatorClasses, eventTriggers, ...head } = snapshot;
  const lists = { relations, functions, types, operators, casts, operatorClasses, eventTriggers };
  const members = [...Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`), ...Object.entries(lists).map(([key, objects]) => `${JSON.stringify(key)}: ${list(objects)}`)];
  return `{\n${members.map((member) => `  ${member}`).join(',\n')}\n}\n`;
}

function list(objects: readonly unknown[]): string {
  return objects.length === 0 ? '[]' : `[\n${objects.map((object) => `    ${JSON.stringify(object)}`).join(',\n')}\n  ]`;
}

/** `relations[3].columns[0].type`; the file itself when there is no path. */
function place(path: readonly PropertyKey[]): string {
  const text = path.map((part) => typeof part === 'number' ? `[${part}]` : `.${String(part)}`).join('');
  return text === '' ? 'the file' : text.replace(/^\./, '');
}
