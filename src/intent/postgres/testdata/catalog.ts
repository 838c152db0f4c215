import type { Called, CastInfo, Catalog, EventTriggerInfo, FunctionInfo, OperatorInfo, RelationInfo, StoredCode, TriggerInfo, TypeInfo } from '../../../core/catalog.ts';
import { watchedFunctions, watchedRelations } from './watched.ts';

let oid = 16_384;

function relation(schema: string, name: string, columns: string, more: Partial<RelationInfo> = {}): RelationInfo {
  return {
    oid: oid++, schema, name, kind: 'table', columns: columns.split(' ').map((column, i) => ({ number: i + 1, name: column, type: 'text' })),
    keys: [['id']], triggers: [], referencedBy: [], children: [], views: [], rules: [], rowSecurity: false, code: [], ...more,
  };
}

function fn(schema: string, name: string, language: string, definition: string | undefined, more: Partial<FunctionInfo> = {}): FunctionInfo {
  return {
    oid: oid++, schema, name, kind: 'function', arguments: [], defaults: 0, variadic: false, language, volatility: 'volatile', securityDefiner: false, settings: [],
    ...definition === undefined ? {} : { definition }, ...more,
  };
}

const functions: readonly FunctionInfo[] = [
  fn('public', 'purge', 'sql', 'CREATE FUNCTION public.purge() RETURNS void LANGUAGE sql AS $$DELETE FROM public.orders$$'),
  fn('public', 'purge_deep', 'plpgsql', 'CREATE FUNCTION public.purge_deep() RETURNS void LANGUAGE plpgsql AS $$BEGIN PERFORM public.purge(); END$$'),
  fn('public', 'loop', 'sql', 'CREATE FUNCTION public.loop() RETURNS int LANGUAGE sql AS $$SELECT public.loop()$$'),
  fn('public', 'one_order', 'plpgsql', 'CREATE FUNCTION public.one_order(v int) RETURNS void LANGUAGE plpgsql AS $$BEGIN DELETE FROM public.orders WHERE id = v; END$$', { arguments: ['integer'] }),
  fn('public', 'dynamic', 'plpgsql', 'CREATE FUNCTION public.dynamic(t text) RETURNS void LANGUAGE plpgsql AS $$BEGIN EXECUTE \'DELETE FROM \' || t; END$$', { arguments: ['text'] }),
  fn('public', 'native', 'c', undefined),
  fn('public', 'vector_distance', 'c', undefined, { extension: 'vector', volatility: 'immutable', arguments: ['vector', 'vector'] }),
  fn('public', 'http_get', 'c', undefined, { extension: 'http', arguments: ['text'] }),
  fn('public', 'dblink_exec', 'c', undefined, { extension: 'dblink', arguments: ['text', 'text'] }),
  fn('public', 'crosstab', 'c', undefined, { extension: 'tablefunc', volatility: 'stable', arguments: ['text', 'text'] }),
  fn('public', 'unheard_of', 'c', undefined, { extension: 'unheard', volatility: 'immutable', arguments: ['integer'] }),
  fn('public', 'unheard_purge', 'sql', 'CREATE FUNCTION public.unheard_purge() RETURNS void LANGUAGE sql AS $$DELETE FROM public.orders$$', { extension: 'unheard' }),
  fn('public', 'escaped', 'sql', 'CREATE FUNCTION public.escaped() RETURNS text LANGUAGE sql SET standard_conforming_strings TO \'off\' AS $$SELECT \'a\'$$', { settings: ['standard_conforming_strings=off'] }),
  fn('public', 'replica', 'sql', 'CREATE FUNCTION public.replica() RETURNS text LANGUAGE sql AS $$SELECT \'a\'$$', { settings: ['session_replication_role=replica', 'search_path=shop'] }),
  fn('public', 'quick', 'sql', 'CREATE FUNCTION public.quick() RETURNS text LANGUAGE sql AS $$SELECT \'a\'$$', { settings: ['statement_timeout=1s', 'client_encoding=UTF8'] }),
  fn('public', 'upper', 'sql', 'CREATE FUNCTION public.upper(character varying) RETURNS text LANGUAGE sql AS $$INSERT INTO public.log VALUES ($1) RETURNING id$$', { arguments: ['character varying'] }),
  fn('public', 'audit', 'plpgsql', 'CREATE FUNCTION public.audit() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.log(entry) VALUES (OLD.id); RETURN OLD; END$$'),
  fn('public', 'settled', 'plpgsql', 'CREATE FUNCTION public.settled() RETURNS void LANGUAGE plpgsql SET search_path TO shop AS $$BEGIN DELETE FROM items WHERE id = 1; END$$', { settings: ['search_path=shop'] }),
  fn('public', 'add_noted', 'sql', 'CREATE FUNCTION public.add_noted(a text, b text) RETURNS text LANGUAGE sql AS $$INSERT INTO public.log(entry) VALUES (b) RETURNING entry$$', { arguments: ['text', 'text'] }),
  fn('public', 'next_order', 'sql', 'CREATE FUNCTION public.next_order() RETURNS bigint LANGUAGE sql AS $$SELECT nextval(\'public.order_seq\')$$'),
  fn('public', 'next_of', 'plpgsql', 'CREATE FUNCTION public.next_of(name text) RETURNS bigint LANGUAGE plpgsql AS $$BEGIN RETURN nextval(name::regclass); END$$', { arguments: ['text'] }),
  fn('public', 'archive', 'plpgsql', 'CREATE PROCEDURE public.archive() LANGUAGE plpgsql AS $$BEGIN DELETE FROM public.log; COMMIT; END$$', { kind: 'procedure' }),
  fn('stored', 'noted', 'plpgsql', 'CREATE FUNCTION stored.noted(v text) RETURNS text LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.log(entry) VALUES (v); RETURN v; END$$', { arguments: ['text'] }),
  fn('stored', 'wipes', 'plpgsql', 'CREATE FUNCTION stored.wipes(v text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN DELETE FROM public.log; RETURN true; END$$', { arguments: ['text'] }),
  fn('stored', 'computes', 'sql', 'CREATE FUNCTION stored.computes(v text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT pg_catalog.upper(v)$$', { arguments: ['text'], volatility: 'immutable' }),
  fn('stored', 'on_ddl', 'plpgsql', 'CREATE FUNCTION stored.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.log(entry) VALUES (tg_tag); END$$'),
];

/** With an oid of its own, as those before it are written in golden files. */
const dropsGeometry: FunctionInfo = {
  oid: 90_102, schema: 'public', name: 'dropgeometrycolumn', kind: 'function', arguments: ['text', 'text'], defaults: 0, variadic: false, language: 'plpgsql', volatility: 'volatile', securityDefiner: false, settings: [], extension: 'postgis',
};

/** As drivers call them: a procedure with OUT parameters, and two functions of one name. */
const called: readonly FunctionInfo[] = [
  ...watchedFunctions,
  { oid: 90_103, name: 'settle', kind: 'procedure' as const, language: 'plpgsql', arguments: ['integer', 'integer'], definition: 'CREATE PROCEDURE public.settle(IN a integer, OUT b integer, INOUT c integer) LANGUAGE plpgsql AS $$BEGIN DELETE FROM public.payments WHERE id = a; END$$' },
  { oid: 90_104, name: 'spend', kind: 'function' as const, language: 'sql', arguments: ['integer'], definition: 'CREATE FUNCTION public.spend(a integer) RETURNS integer LANGUAGE sql AS $$SELECT id FROM public.orders WHERE id = a$$' },
  { oid: 90_105, name: 'spend', kind: 'function' as const, language: 'sql', arguments: ['integer', 'integer'], definition: 'CREATE FUNCTION public.spend(a integer, b integer) RETURNS integer LANGUAGE sql AS $$DELETE FROM public.payments WHERE id = a RETURNING 1$$' },
  { oid: 90_106, name: 'again', kind: 'function' as const, language: 'plpgsql', arguments: ['integer'], definition: 'CREATE FUNCTION public.again(n integer) RETURNS integer LANGUAGE plpgsql AS $$BEGIN DELETE FROM public.flags WHERE id = n; PERFORM public.again(n - 1); RETURN n; END$$' },
  { oid: 90_107, name: 'ping', kind: 'function' as const, language: 'plpgsql', arguments: ['integer'], definition: 'CREATE FUNCTION public.ping(n integer) RETURNS integer LANGUAGE plpgsql AS $$BEGIN PERFORM public.pong(n); RETURN n; END$$' },
  { oid: 90_108, name: 'pong', kind: 'function' as const, language: 'plpgsql', arguments: ['integer'], definition: 'CREATE FUNCTION public.pong(n integer) RETURNS integer LANGUAGE plpgsql AS $$BEGIN DELETE FROM public.flags WHERE id = n; PERFORM public.ping(n - 1); RETURN n; END$$' },
  { oid: 90_110, name: 'first_item', kind: 'function' as const, language: 'sql', arguments: [], definition: 'CREATE FUNCTION public.first_item() RETURNS text LANGUAGE sql AS $$SELECT sku FROM items WHERE id = 1$$' },
  { oid: 90_109, name: 'next_flag', kind: 'function' as const, language: 'plpgsql', arguments: [], definition: 'CREATE FUNCTION public.next_flag() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN DELETE FROM shown.chain WHERE id = OLD.id + 1; RETURN NULL; END$$' },
].map((one) => ({ schema: 'public', defaults: 0, variadic: false, volatility: 'volatile', securityDefiner: false, settings: [], ...one }));

const unheard: FunctionInfo = fn('unheard', 'type_in', 'c', undefined);

function byName(name: string): number {
  const found = functions.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found.oid;
}

function trigger(name: string, events: TriggerInfo['events'], called: string): TriggerInfo {
  return { name, events, function: byName(called), enabled: true };
}

function calls(called: string, more: Partial<Called> = {}): Called {
  return { functions: [byName(called)], builtins: [], types: [], ...more };
}

function code(kind: StoredCode['kind'], name: string, events: StoredCode['events'], called: Called, reads: StoredCode['reads'] = []): StoredCode {
  return { kind, name, events, ...called, reads };
}

const sum: FunctionInfo = fn('public', 'sum', 'internal', undefined, { kind: 'aggregate', arguments: ['text'], calls: calls('add_noted') });

const nothing: Called = { functions: [], builtins: [], types: [] };

function type(name: string, kind: TypeInfo['kind'], called: Called, more: Partial<TypeInfo> = {}): TypeInfo {
  return { oid: oid++, schema: 'stored', name, written: `stored.${name}`, kind, compares: [], ...called, ...more };
}

const checkedType = type('checked', 'domain', calls('wipes'));
const types: readonly TypeInfo[] = [
  checkedType, type('twice', 'domain', { ...nothing, types: [checkedType.oid] }), type('pair', 'composite', { ...nothing, types: [checkedType.oid] }), type('mood', 'enum', nothing),
  type('native', 'base', { ...nothing, functions: [unheard.oid] }), type('vector', 'base', { ...nothing, functions: [unheard.oid] }, { extension: 'vector' }), type('odd', 'domain', { ...nothing, functions: [1] }),
];

const operators: readonly OperatorInfo[] = [
  { schema: 'public', name: '<<<>>>', left: 'text', right: 'text', calls: calls('wipes') }, { schema: 'stored', name: '=', left: 'stored.mood', right: 'text', calls: calls('wipes') },
  { schema: 'stored', name: '<=', left: 'bigint', right: 'text', calls: calls('wipes') }, { schema: 'public', name: '@@@@', right: 'text', calls: calls('computes') },
];

const casts: readonly CastInfo[] = [
  { source: 'text', target: 'stored.mood', context: 'explicit', calls: calls('noted') }, { source: 'integer', target: 'stored.checked', context: 'assignment', calls: calls('noted') },
  { source: 'bigint', target: 'stored.native', context: 'implicit', calls: calls('noted') },
];

const eventTriggers: readonly EventTriggerInfo[] = [
  { name: 'ddl_noted', event: 'ddl_command_end', tags: ['CREATE DOMAIN'], function: byName('on_ddl'), enabled: true },
  { name: 'drop_noted', event: 'sql_drop', tags: [], function: byName('on_ddl'), enabled: false },
];

const measuresOld = relation('public', 'measures_2024', 'id at value');
const measuresNew = relation('public', 'measures_2025', 'id at value');

const bigCustomers = relation('public', 'big_customers', 'name', { kind: 'view', keys: [], definition: ' SELECT c.name FROM public.customers c JOIN public.big_orders b ON b.id = c.id;' });
const bigOrders = relation('public', 'big_orders', 'id total', { kind: 'view', keys: [], definition: ' SELECT id, total FROM public.orders WHERE total > 100::numeric;', views: [bigCustomers.oid] });

const others: readonly RelationInfo[] = [
  relation('public', 'customers', 'id name email city active', {
    keys: [['id'], ['email']],
    referencedBy: [{ constraint: 'orders_customer_id_fkey', schema: 'public', table: 'orders', columns: ['customer_id'], onDelete: 'c', onUpdate: 'a' }],
  }),
  relation('public', 'orders', 'id customer_id total created_at', {
    views: [bigOrders.oid],
    triggers: [trigger('orders_audit', ['delete'], 'audit')],
    referencedBy: [{ constraint: 'payments_order_id_fkey', schema: 'public', table: 'payments', columns: ['order_id'], onDelete: 'n', onUpdate: 'c' }],
  }),
  relation('public', 'payments', 'id order_id amount'),
  relation('public', 'log', 'id entry'),
  relation('public', 'flags', 'id flag', { columns: [{ number: 1, name: 'id', type: 'bigint' }, { number: 2, name: 'flag', type: 'boolean' }] }),
  relation('public', 'memberships', 'user_id group_id role', { keys: [['user_id', 'group_id']] }),
  relation('shop', 'items', 'id sku price'),
  ...watchedRelations,
  bigOrders, bigCustomers,
  relation('public', 'sneaky', 'n', { kind: 'view', keys: [], definition: ' SELECT public.purge() AS n;' }),
  relation('public', 'totals', 'city sum', { kind: 'materialized-view', keys: [], definition: ' SELECT city, count(*) AS sum FROM public.customers GROUP BY city;' }),
  relation('public', 'ruled', 'id', { rules: ['CREATE RULE r AS ON DELETE TO public.ruled DO ALSO DELETE FROM public.payments'] }),
  relation('public', 'remote', 'id v', { kind: 'foreign-table', keys: [] }),
  relation('public', 'measures', 'id at value', { kind: 'partitioned', children: [measuresOld.oid, measuresNew.oid] }),
  relation('public', 'order_seq', 'last_value', { kind: 'sequence', keys: [] }),
  measuresOld, measuresNew,
  relation('stored', 'rows', 'id kind note checked moods', {
    columns: ['text', 'text', 'text', 'stored.checked', 'stored.mood[]'].map((written, i) => ({ number: i + 1, name: ['id', 'kind', 'note', 'checked', 'moods'][i] ?? '', type: written })),
    code: [code('default', 'note', ['insert', 'update'], calls('noted')), code('default', 'id', ['insert', 'update'], { ...nothing, builtins: ['nextval'] }), code('check', 'kind_ok', ['insert', 'update'], calls('computes'))],
  }),
  relation('stored', 'indexed', 'id kind', { code: [code('index', 'by_kind', ['insert', 'update'], calls('wipes')), code('generated', 'shown', ['select', 'insert', 'update'], calls('noted'))] }),
  relation('stored', 'guarded', 'id tenant', { rowSecurity: true, code: [code('policy', 'own_rows', ['select', 'insert', 'update', 'delete'], calls('noted'), [{ relation: measuresOld.oid, columns: [1] }])] }),
  relation('stored', 'sent', 'id at', { code: [code('default', 'at', ['insert', 'update'], { ...nothing, builtins: ['pg_notify', 'now'] })] }),
  relation('shown', 'turned', 'id order_id amount note', { kind: 'view', keys: [], definition: ' SELECT orders.total AS id, orders.customer_id AS order_id, orders.id AS amount, 1 AS note FROM public.orders;' }),
  relation('shown', 'turned_again', 'id amount', { kind: 'view', keys: [], definition: ' SELECT turned.id, turned.amount FROM shown.turned;' }),
  relation('shown', 'calling', 'n', { kind: 'view', keys: [], definition: ' SELECT public.first_item() AS n;' }),
  relation('shown', 'chain', 'id', { triggers: [{ name: 'next', events: ['delete'], function: 90_109, enabled: true }] }),
  relation('shown', 'tree', 'id parent', { referencedBy: [{ constraint: 'tree_parent_fkey', schema: 'shown', table: 'tree', columns: ['parent'], onDelete: 'c', onUpdate: 'a' }] }),
  relation('shown', 'tagged', 'id name one initial deleted_until', {
    kind: 'view', keys: [], definition: ' SELECT customers.id, customers.name, 1 AS one, "left"(customers.name, 1) AS initial, customers.email AS deleted_until FROM public.customers;',
  }),
  relation('shown', 'tagged_again', 'id one', { kind: 'view', keys: [], definition: ' SELECT tagged.id, tagged.one FROM shown.tagged;' }),
  relation('shown', 'crossed', 'customer_id order_id', { kind: 'view', keys: [], definition: ' SELECT c.id AS customer_id, o.id AS order_id FROM (public.customers c CROSS JOIN public.orders o);' }),
  relation('shown', 'joined', 'customer_id order_id', { kind: 'view', keys: [], definition: ' SELECT c.id AS customer_id, o.id AS order_id FROM (public.customers c JOIN public.orders o ON ((o.customer_id = c.id)));' }),
  relation('shown', 'either', 'id source', { kind: 'view', keys: [], definition: " SELECT customers.id, 'a'::text AS source FROM public.customers UNION ALL SELECT orders.id, 'b'::text AS source FROM public.orders;" }),
  relation('shown', 'flagged', 'id flag', { kind: 'view', keys: [], definition: ' SELECT flags.id, flags.flag FROM public.flags;' }),
  relation('public', 'unreadable', 'n', { kind: 'materialized-view', keys: [] }),
  relation('stored', 'counted', 'id kind', { code: [code('statistics', 'of_kind', [], calls('wipes'))] }),
  relation('stored', 'parts', 'id kind', { kind: 'partitioned', children: [90_100] }), relation('stored', 'parts_1', 'id kind', { oid: 90_100, code: [code('index', 'parts_by_kind', ['insert', 'update'], calls('noted'))] }),
  relation('stored', 'by_kind', 'kind', { oid: 90_101, kind: 'index', keys: [] }),
  relation('stored', 'native_rows', 'id v', { columns: [{ number: 1, name: 'id', type: 'integer' }, { number: 2, name: 'v', type: 'stored.native' }] }),
];

/** A table of a year's parts, one of them elsewhere; a child of two tables; a table with more partitions than are named one by one. With oids of their own. */
const kin: readonly RelationInfo[] = [
  { oid: 90_200, schema: 'years', name: 'events', kind: 'partitioned' as const, children: [90_201, 90_202] },
  { oid: 90_201, schema: 'years', name: 'events_2024', kind: 'partitioned' as const, children: [90_203] },
  { oid: 90_202, schema: 'years', name: 'events_2025' },
  { oid: 90_203, schema: 'archive', name: 'events_2024_01' },
  { oid: 90_210, schema: 'years', name: 'people', children: [90_212] },
  { oid: 90_211, schema: 'years', name: 'payees', children: [90_212] },
  { oid: 90_212, schema: 'years', name: 'employees' },
  { oid: 90_220, schema: 'years', name: 'days', kind: 'partitioned' as const, children: Array.from({ length: 70 }, (_, day) => 90_300 + day) },
  ...Array.from({ length: 70 }, (_, day) => ({ oid: 90_300 + day, schema: 'years', name: `day_${day}` })),
].map((one) => ({
  kind: 'table', columns: ['id', 'at', 'note'].map((name, i) => ({ number: i + 1, name, type: 'text' })), keys: [['id']], triggers: [], referencedBy: [], children: [], views: [], rules: [], rowSecurity: false, code: [], ...one,
}));

const relations = [...others, ...kin];

/** A small shop with a view on a view, a cascade, triggers, partitions, a rule, and functions of each kind. */
export const shopCatalog: Catalog = {
  known: true, version: 'shop', database: 'shop', serverVersion: 180_004,
  relation: (name, path) => (name.schema === undefined ? path : [name.schema]).map((schema) => relations.find((one) => one.schema === schema && one.name === name.name)).find((one) => one !== undefined),
  inSchema: (schema) => ({ relations: relations.filter((one) => one.schema === schema), functions: functions.filter((one) => one.schema === schema) }),
  relations,
  relationByOid: (wanted) => relations.find((one) => one.oid === wanted),
  functions: (name, path) => [...functions, sum, dropsGeometry, ...called].filter((one) => one.name === name.name && (name.schema === undefined ? path : [name.schema]).includes(one.schema)),
  functionByOid: (wanted) => [...functions, unheard, sum, ...called].find((one) => one.oid === wanted),
  typeByOid: (wanted) => types.find((one) => one.oid === wanted),
  typeWritten: (written) => types.find((one) => one.written === written.replace('[]', '')),
  typeNamed: (name, path) => types.find((one) => one.name === name.name && (path === 'unknown' || (name.schema === undefined ? path : [name.schema]).includes(one.schema))),
  operators: (name, path) => operators.filter((one) => one.name === name.name && (path === 'unknown' || (name.schema === undefined ? path : [name.schema]).includes(one.schema))),
  casts, eventTriggers, operatorClasses: [{ schema: 'stored', name: 'odd_ops', calls: calls('wipes') }],
};
