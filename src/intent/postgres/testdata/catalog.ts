import type { Catalog, FunctionInfo, RelationInfo, TriggerInfo } from '../../../core/catalog.ts';

let oid = 16_384;

function relation(schema: string, name: string, columns: string, more: Partial<RelationInfo> = {}): RelationInfo {
  return {
    oid: oid++, schema, name, kind: 'table', columns: columns.split(' ').map((column, i) => ({ number: i + 1, name: column, type: 'text' })),
    keys: [['id']], triggers: [], referencedBy: [], children: [], rules: [], rowSecurity: false, code: [], ...more,
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
  fn('public', 'sum', 'internal', undefined, { kind: 'aggregate', arguments: ['text'] }),
  fn('public', 'next_order', 'sql', 'CREATE FUNCTION public.next_order() RETURNS bigint LANGUAGE sql AS $$SELECT nextval(\'public.order_seq\')$$'),
  fn('public', 'next_of', 'plpgsql', 'CREATE FUNCTION public.next_of(name text) RETURNS bigint LANGUAGE plpgsql AS $$BEGIN RETURN nextval(name::regclass); END$$', { arguments: ['text'] }),
  fn('public', 'archive', 'plpgsql', 'CREATE PROCEDURE public.archive() LANGUAGE plpgsql AS $$BEGIN DELETE FROM public.log; COMMIT; END$$', { kind: 'procedure' }),
];

function byName(name: string): number {
  const found = functions.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found.oid;
}

function trigger(name: string, events: TriggerInfo['events'], called: string): TriggerInfo {
  return { name, events, function: byName(called), enabled: true };
}

const measuresOld = relation('public', 'measures_2024', 'id at value');
const measuresNew = relation('public', 'measures_2025', 'id at value');

const relations: readonly RelationInfo[] = [
  relation('public', 'customers', 'id name email city active', {
    keys: [['id'], ['email']],
    referencedBy: [{ constraint: 'orders_customer_id_fkey', schema: 'public', table: 'orders', columns: ['customer_id'], onDelete: 'c', onUpdate: 'a' }],
  }),
  relation('public', 'orders', 'id customer_id total created_at', {
    triggers: [trigger('orders_audit', ['delete'], 'audit')],
    referencedBy: [{ constraint: 'payments_order_id_fkey', schema: 'public', table: 'payments', columns: ['order_id'], onDelete: 'n', onUpdate: 'c' }],
  }),
  relation('public', 'payments', 'id order_id amount'),
  relation('public', 'log', 'id entry'),
  relation('public', 'flags', 'id flag', { columns: [{ number: 1, name: 'id', type: 'bigint' }, { number: 2, name: 'flag', type: 'boolean' }] }),
  relation('public', 'memberships', 'user_id group_id role', { keys: [['user_id', 'group_id']] }),
  relation('shop', 'items', 'id sku price'),
  relation('public', 'big_orders', 'id total', { kind: 'view', keys: [], definition: ' SELECT id, total FROM public.orders WHERE total > 100::numeric;' }),
  relation('public', 'big_customers', 'name', { kind: 'view', keys: [], definition: ' SELECT c.name FROM public.customers c JOIN public.big_orders b ON b.id = c.id;' }),
  relation('public', 'sneaky', 'n', { kind: 'view', keys: [], definition: ' SELECT public.purge() AS n;' }),
  relation('public', 'totals', 'city sum', { kind: 'materialized-view', keys: [], definition: ' SELECT city, count(*) AS sum FROM public.customers GROUP BY city;' }),
  relation('public', 'ruled', 'id', { rules: ['CREATE RULE r AS ON DELETE TO public.ruled DO ALSO DELETE FROM public.payments'] }),
  relation('public', 'remote', 'id v', { kind: 'foreign-table', keys: [] }),
  relation('public', 'measures', 'id at value', { kind: 'partitioned', children: [measuresOld.oid, measuresNew.oid] }),
  relation('public', 'order_seq', 'last_value', { kind: 'sequence', keys: [] }),
  measuresOld, measuresNew,
];

/** A small shop with a view on a view, a cascade, triggers, partitions, a rule, and functions of each kind. */
export const shopCatalog: Catalog = {
  known: true, version: 'shop', database: 'shop', serverVersion: 180_004,
  relation: (name, path) => (name.schema === undefined ? path : [name.schema]).map((schema) => relations.find((one) => one.schema === schema && one.name === name.name)).find((one) => one !== undefined),
  relationByOid: (wanted) => relations.find((one) => one.oid === wanted),
  functions: (name, path) => functions.filter((one) => one.name === name.name && (name.schema === undefined ? path : [name.schema]).includes(one.schema)),
  functionByOid: (wanted) => functions.find((one) => one.oid === wanted),
  typeByOid: () => undefined, typeWritten: () => undefined, typeNamed: () => undefined, operators: () => [], casts: [], eventTriggers: [],
};
