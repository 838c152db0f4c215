import * as fc from 'fast-check';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import type { Catalog, CatalogSnapshot, FunctionInfo } from '../core/catalog.ts';
import { loadCatalog } from './load.ts';
import { catalogOf } from './snapshot.ts';
import { connect, servers, value } from '../../test/support/servers.ts';

const schemas = ['one', 'two', 'shut', 'ada', 'Odd schema', 'public', 'pg_catalog', 'information_schema', 'missing', '$user', 'pg_temp'];
const relationNames = ['t', 'u', 'Odd name', 'pg_class', 'tables', 't_pkey', 'numbers', 'absent'];
const functionNames = ['f', 'upper', 'g'];

const searchPath = fc.uniqueArray(fc.constantFrom(...schemas), { maxLength: 5 });

describe.each(servers)('names mean what they mean to $name', ({ options }) => {
  let server: PostgresServer;
  let session: Client;
  let catalog: Catalog;

  beforeAll(async () => {
    server = await startPostgres(options);
    const admin = await connect(server.connectionString());
    await admin.query(`
      CREATE ROLE ada LOGIN PASSWORD 'ada';
      CREATE SCHEMA one; CREATE SCHEMA two; CREATE SCHEMA shut; CREATE SCHEMA ada; CREATE SCHEMA "Odd schema";
      GRANT USAGE ON SCHEMA one, two, ada, "Odd schema" TO ada;
      CREATE TABLE one.t (id int PRIMARY KEY); CREATE TABLE two.t (id int PRIMARY KEY); CREATE TABLE shut.t (id int PRIMARY KEY); CREATE TABLE ada.t (id int); CREATE TABLE public.t (id int);
      CREATE TABLE shut.u (id int); CREATE VIEW two.u AS SELECT 1; CREATE SEQUENCE one.numbers; CREATE TABLE "Odd schema"."Odd name" (id int); CREATE TABLE one."Odd name" (id int);
      CREATE TABLE one.pg_class (id int); CREATE VIEW two.tables AS SELECT 1;
      CREATE FUNCTION one.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION two.f(int) RETURNS int LANGUAGE sql AS 'SELECT 2'; CREATE FUNCTION two.f(text) RETURNS int LANGUAGE sql AS 'SELECT 3';
      CREATE FUNCTION shut.f(int) RETURNS int LANGUAGE sql AS 'SELECT 4'; CREATE FUNCTION ada.f(int, int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 5';
      CREATE FUNCTION one.upper(text) RETURNS text LANGUAGE sql AS 'SELECT 6::text'; CREATE FUNCTION one.upper(varchar) RETURNS text LANGUAGE sql AS 'SELECT 7::text'`);
    await admin.end();
    session = await connect(server.connectionString().replace(/postgres:[^@]+@/, 'ada:ada@'));
    catalog = catalogOf((await loadCatalog(session)).snapshot);
  });
  afterAll(async () => {
    await session.end();
    await server.stop();
  });

  async function under(path: readonly string[]): Promise<void> {
    const quoted = path.map((schema) => session.escapeIdentifier(schema)).join(', ');
    await session.query(`SET search_path = ${quoted === '' ? "''" : quoted}`);
  }

  async function serversOid(written: { readonly schema: string | undefined; readonly name: string }): Promise<unknown> {
    const text = [...(written.schema === undefined ? [] : [written.schema]), written.name].map((part) => session.escapeIdentifier(part)).join('.');
    return value(session, 'SELECT pg_catalog.to_regclass($1)::pg_catalog.oid', [text]);
  }

  test('relations, under any search path', async () => {
    const written = fc.record({ schema: fc.option(fc.constantFrom(...schemas.filter((schema) => schema !== 'shut')), { nil: undefined }), name: fc.constantFrom(...relationNames) });
    await fc.assert(fc.asyncProperty(searchPath, fc.array(written, { minLength: 1, maxLength: 12 }), async (path, names) => {
      await under(path);
      for (const name of names) expect([name, catalog.relation(name, path)?.oid ?? null]).toEqual([name, await serversOid(name)]);
    }), { numRuns: 200 });
  });

  test('a schema that the role may not use: the server refuses, so whatever the gate thinks is not done', async () => {
    await expect(serversOid({ schema: 'shut', name: 't' })).rejects.toThrow('permission denied for schema shut');
    expect(catalog.relation({ schema: 'shut', name: 't' }, [])?.schema).toBe('shut');
  });

  test('functions, every overload that the path can see', async () => {
    await fc.assert(fc.asyncProperty(searchPath, fc.constantFrom(...functionNames), async (path, name) => {
      await under(path);
      const visible: unknown = await value(session, `SELECT pg_catalog.array_agg(oid::pg_catalog.int8::pg_catalog.text ORDER BY oid) FROM pg_catalog.pg_proc WHERE proname = $1 AND oid >= 16384 AND pg_catalog.pg_function_is_visible(oid)`, [name]);
      const mine = catalog.functions({ schema: undefined, name }, path).map(({ oid }) => oid).toSorted((a, b) => a - b).map(String);
      // What the server's own functions hide is for who knows them: the table of built-in functions is not part of a catalog.
      if (name !== 'upper') expect([path, mine]).toEqual([path, visible ?? []]);
      else expect(mine).toEqual(expect.arrayContaining(Array.isArray(visible) ? visible : []));
    }), { numRuns: 100 });
  });

  test('a temporary table of the session comes before all, and the shared catalog does not know it', async () => {
    await under(['one', 'pg_catalog']);
    await session.query('CREATE TEMPORARY TABLE t (mine int)');
    const shared = catalog.relation({ schema: undefined, name: 't' }, ['one', 'pg_catalog'])?.oid;
    expect(await serversOid({ schema: undefined, name: 't' })).not.toBe(shared);
    expect(await serversOid({ schema: 'one', name: 't' })).toBe(shared);
    expect(catalog.relation({ schema: 'pg_temp', name: 't' }, [])).toBeUndefined();
    // Named last in the path, the temporary schema is searched last.
    await under(['one', 'pg_temp']);
    expect(await serversOid({ schema: undefined, name: 't' })).toBe(shared);
    await session.query('DISCARD TEMP');
  });
});

function overload(oid: number, schema: string, variadic: boolean): FunctionInfo {
  return { oid, schema, name: 'f', kind: 'function', arguments: ['integer[]'], defaults: 0, variadic, language: 'sql', volatility: 'volatile', securityDefiner: false, settings: [] };
}

test('a variadic function neither hides nor is hidden', () => {
  const snapshot: CatalogSnapshot = { format: 'guardrails-catalog/2', database: 'd', serverVersion: 180_000, version: 'v', relations: [], types: [], operators: [], casts: [], operatorClasses: [], eventTriggers: [], functions: [overload(1, 'a', false), overload(2, 'b', true), overload(3, 'c', false)] };
  expect(catalogOf(snapshot).functions({ schema: undefined, name: 'f' }, ['a', 'b', 'c']).map(({ oid }) => oid)).toEqual([1, 2]);
});

test('without a role `$user` is nobody, and names of Object.prototype are names like others', () => {
  const catalog = catalogOf({ format: 'guardrails-catalog/2', database: 'd', serverVersion: 0, version: 'v', relations: [], types: [], operators: [], casts: [], operatorClasses: [], eventTriggers: [], functions: [] });
  expect(catalog.relation({ schema: undefined, name: 'constructor' }, ['$user', '__proto__'])).toBeUndefined();
  expect(catalog.functions({ schema: '__proto__', name: 'toString' }, [])).toEqual([]);
});
