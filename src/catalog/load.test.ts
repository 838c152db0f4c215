import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadShop } from '../../examples/shop/load.ts';
import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import type { CatalogSnapshot, FunctionInfo, RelationInfo } from '../core/catalog.ts';
import { loadCatalog } from './load.ts';
import { formatSnapshot, parseSnapshot } from './snapshot-file.ts';
import { catalogOf } from './snapshot.ts';
import { connect, servers } from '../../test/support/servers.ts';

/** Up to PostgreSQL 15 a view of one table has its columns qualified. */
function sameInAllVersions(definition: string): string {
  return definition.replaceAll(/\s+/g, ' ').replaceAll(/\b(?!public\.|odd\.)\w+\./g, '');
}

/** Without oids, which differ from server to server. */
function relationLines(relation: RelationInfo, all: CatalogSnapshot): string[] {
  return [
    `${relation.kind} ${relation.schema}.${relation.name}${relation.rowSecurity ? ' row-security' : ''}`,
    ...relation.columns.map(({ number, name, type }) => `  column ${number} ${name} ${type}`),
    ...relation.keys.map((key) => `  key ${key.join(', ')}`),
    ...relation.triggers.map((trigger) => `  trigger ${trigger.name} on ${trigger.events.join(', ')} calls ${all.functions.find(({ oid }) => oid === trigger.function)?.name ?? '?'}${trigger.oldTable === undefined ? '' : ` from ${trigger.oldTable}`}${trigger.newTable === undefined ? '' : ` to ${trigger.newTable}`}${trigger.enabled ? '' : ' (disabled)'}`),
    ...relation.referencedBy.map((reference) => `  referenced by ${reference.schema}.${reference.table} (${reference.columns.join(', ')}) as ${reference.constraint} delete=${reference.onDelete} update=${reference.onUpdate}`),
    ...relation.children.map((child) => `  child ${all.relations.find(({ oid }) => oid === child)?.name ?? '?'}`),
    ...relation.views.map((view) => `  read by ${all.relations.find(({ oid }) => oid === view)?.name ?? '?'}`).toSorted(),
    ...(relation.sequences ?? []).map(({ column, sequence }) => `  ${column} has ${all.relations.find(({ oid }) => oid === sequence)?.name ?? '?'}`),
    ...(relation.definition === undefined ? [] : [`  defined as ${sameInAllVersions(relation.definition)}`]),
    ...relation.rules.map((rule) => `  rule ${rule.replaceAll(/\s+/g, ' ')}`),
  ];
}

function functionLine(fn: FunctionInfo): string {
  const parts = [fn.kind, `${fn.schema}.${fn.name}(${fn.arguments.join(', ')})`, `defaults=${fn.defaults}`, fn.variadic ? 'variadic' : '', fn.language, fn.volatility, fn.securityDefiner ? 'security-definer' : '', fn.settings.join(' '),
    fn.definition === undefined ? 'no definition' : '', fn.extension === undefined ? '' : `extension=${fn.extension}`];
  return parts.filter((part) => part !== '').join(' ');
}

function dump(snapshot: CatalogSnapshot, schemas: readonly string[]): string {
  const byName = <T extends { schema: string; name: string }>(list: readonly T[]): T[] => list.filter(({ schema }) => schemas.includes(schema)).toSorted((a, b) => (`${a.schema}.${a.name}` < `${b.schema}.${b.name}` ? -1 : 1));
  return `${[...byName(snapshot.relations).flatMap((relation) => relationLines(relation, snapshot)), ...byName(snapshot.functions).map(functionLine)].join('\n')}\n`;
}

describe.each(servers)('$name', ({ options }) => {
  let server: PostgresServer;
  let admin: Client;
  beforeAll(async () => {
    server = await startPostgres(options);
    await loadShop(server, { password: 'shop' });
    admin = await connect(server.connectionString('shop'));
  });
  afterAll(async () => {
    await admin.end();
    await server.stop();
  });

  test('the shop is read whole', async () => {
    const { snapshot } = await loadCatalog(admin);
    await expect(dump(snapshot, ['public'])).toMatchFileSnapshot('testdata/shop.catalog');
    expect(snapshot.functions.find(({ name }) => name === 'cancel_order')?.definition).toContain("UPDATE orders SET status = 'cancelled'");
    expect(Math.floor(snapshot.serverVersion / 10_000)).toBe(Number.parseInt(server.version, 10));
  });

  test('what decides meaning and extent is read exactly', async () => {
    await admin.query(`
      CREATE SCHEMA odd;
      CREATE COLLATION odd.ignoring_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE odd.parent (id int PRIMARY KEY, tag text);
      CREATE TABLE odd.child (extra text) INHERITS (odd.parent);
      CREATE TABLE odd.keys (whole int UNIQUE, later int UNIQUE DEFERRABLE, part int, folded text, loose text, pattern text, a int, b int, c int, gone int, "Quoted, name" int);
      CREATE UNIQUE INDEX ON odd.keys (part) WHERE part > 0;
      CREATE UNIQUE INDEX ON odd.keys (lower(folded));
      CREATE UNIQUE INDEX ON odd.keys (loose COLLATE odd.ignoring_case);
      CREATE UNIQUE INDEX ON odd.keys (pattern text_pattern_ops);
      CREATE UNIQUE INDEX ON odd.keys (b, a) INCLUDE (c);
      ALTER TABLE odd.keys DROP COLUMN gone, ADD COLUMN d int, ENABLE ROW LEVEL SECURITY;
      CREATE TABLE odd.events (at date, who int REFERENCES odd.parent ON DELETE SET NULL ON UPDATE CASCADE) PARTITION BY RANGE (at);
      CREATE TABLE odd.events_1 PARTITION OF odd.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
      CREATE FUNCTION odd.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER all_rows AFTER INSERT ON odd.events FOR EACH ROW EXECUTE FUNCTION odd.note();
      CREATE TRIGGER told AFTER UPDATE ON odd.events REFERENCING OLD TABLE AS "Before, all" NEW TABLE AS since EXECUTE FUNCTION odd.note();
      CREATE TRIGGER emptied BEFORE TRUNCATE OR UPDATE ON odd.parent EXECUTE FUNCTION odd.note();
      ALTER TABLE odd.parent DISABLE TRIGGER emptied;
      CREATE CONSTRAINT TRIGGER late AFTER DELETE ON odd.parent DEFERRABLE FOR EACH ROW EXECUTE FUNCTION odd.note();
      CREATE TABLE odd.numbered (a serial, b int GENERATED ALWAYS AS IDENTITY, c int); CREATE SEQUENCE odd."Own" OWNED BY odd.numbered.c; ALTER TABLE odd.numbered RENAME c TO d;
      CREATE SEQUENCE odd.nobodys; CREATE SEQUENCE odd.freed OWNED BY odd.numbered.d; ALTER SEQUENCE odd.freed OWNED BY NONE;
      CREATE RULE diverted AS ON INSERT TO odd.child DO INSTEAD DELETE FROM odd.keys;
      CREATE MATERIALIZED VIEW odd.counted AS SELECT count(*) AS n, ('x' || tag)::varchar(7) FROM odd.parent GROUP BY tag;
    `);
    await admin.query(`
      CREATE PROCEDURE odd.proceed(INOUT a int, VARIADIC rest text[]) LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION odd.sums(int, int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = odd, pg_temp SET work_mem = '1MB' AS 'SELECT 1';
      CREATE AGGREGATE odd.most(int) (sfunc = int4larger, stype = int);
      CREATE FUNCTION odd.outs(IN a int, OUT b int, OUT c int) LANGUAGE sql AS 'SELECT 1, 2';
    `);
    const { snapshot } = await loadCatalog(admin);
    await expect(dump(snapshot, ['odd'])).toMatchFileSnapshot('testdata/odd.catalog');
    await admin.query('DROP SCHEMA odd CASCADE');
  });

  test('functions of extensions name them', async (context) => {
    const available = (await admin.query(`SELECT FROM pg_available_extensions WHERE name = 'pgcrypto'`)).rowCount === 1;
    context.skip(!available, 'this server comes without pgcrypto');
    await admin.query('CREATE SCHEMA ext; CREATE EXTENSION pgcrypto SCHEMA ext');
    const { snapshot } = await loadCatalog(admin);
    const found = catalogOf(snapshot).functions({ schema: 'ext', name: 'hmac' }, []);
    expect(found.map((fn) => [fn.extension, fn.language, fn.definition])).toEqual([['pgcrypto', 'c', undefined], ['pgcrypto', 'c', undefined]]);
    await admin.query('DROP SCHEMA ext CASCADE');
  });

  test('temporary objects of sessions are not in it, nor TOAST', async () => {
    await admin.query('CREATE TEMPORARY TABLE customers (id int); CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$');
    const { snapshot } = await loadCatalog(admin);
    expect([...snapshot.relations, ...snapshot.functions].filter(({ schema }) => /^pg_(toast|temp)/.test(schema))).toEqual([]);
    await admin.query('DISCARD TEMP');
  });

  test('a role without rights reads the same', async () => {
    await admin.query(`CREATE ROLE stranger LOGIN PASSWORD 'stranger'; REVOKE ALL ON SCHEMA public FROM public; REVOKE ALL ON ALL TABLES IN SCHEMA public FROM public`);
    const stranger = await connect(server.connectionString('shop').replace(/postgres:[^@]+@/, 'stranger:stranger@'));
    const whole = (await loadCatalog(admin)).snapshot;
    const seen = (await loadCatalog(stranger)).snapshot;
    expect(seen.relations).toEqual(whole.relations);
    expect(seen.functions).toEqual(whole.functions);
    // But not under the same names: the server does not look into a schema that this role may not use.
    expect(seen.closedSchemas).toEqual(['public']);
    expect(catalogOf(seen).relation({ schema: undefined, name: 'customers' }, ['public'])).toBeUndefined();
    await stranger.end();
    await admin.query('GRANT USAGE ON SCHEMA public TO public');
  });

  test('texts that may not be read are absent, and the rest is there', async () => {
    await admin.query('REVOKE EXECUTE ON FUNCTION pg_get_viewdef(oid), pg_get_functiondef(oid) FROM public');
    const stranger = await connect(server.connectionString('shop').replace(/postgres:[^@]+@/, 'stranger:stranger@'));
    const catalog = catalogOf((await loadCatalog(stranger)).snapshot);
    const view = catalog.relation({ schema: undefined, name: 'active_customers' }, ['public']);
    expect([view?.kind, view?.definition, view?.columns.length]).toEqual(['view', undefined, 4]);
    expect(catalog.functions({ schema: 'public', name: 'cancel_order' }, []).map(({ definition }) => definition)).toEqual([undefined]);
    // A rule is never left out: without it an INSERT would look harmless. An empty text is not understood.
    await admin.query('CREATE RULE diverted AS ON INSERT TO orders DO ALSO NOTIFY orders; REVOKE EXECUTE ON FUNCTION pg_get_ruledef(oid) FROM public');
    const ruled = catalogOf((await loadCatalog(stranger)).snapshot);
    expect(ruled.relation({ schema: undefined, name: 'orders' }, ['public'])?.rules).toEqual(['']);
    await admin.query('DROP RULE diverted ON orders');
    await stranger.end();
    await admin.query('GRANT EXECUTE ON FUNCTION pg_get_viewdef(oid), pg_get_functiondef(oid), pg_get_ruledef(oid) TO public');
  });

  test('the settings of role and database do not show in it', async () => {
    const { snapshot } = await loadCatalog(admin);
    const odd = await connect(`${server.connectionString('shop')}?options=${encodeURIComponent('-c search_path=public -c quote_all_identifiers=on -c standard_conforming_strings=off -c default_transaction_isolation=serializable')}`);
    expect((await loadCatalog(odd)).snapshot.version).toBe(snapshot.version);
    await odd.end();
  });

  test('a saved snapshot is the same catalog', async () => {
    const { snapshot } = await loadCatalog(admin);
    expect(await parseSnapshot(formatSnapshot(snapshot))).toEqual(snapshot);
  });
});
