import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import { connect } from '../../test/support/servers.ts';
import type { Config } from '../config/config.ts';
import { formatResource } from '../core/format.ts';
import { resourceOf } from '../core/grant-scope.ts';
import { lacking } from './cli-catalogs.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
  vi.stubEnv('CATALOG_TEST_PASSWORD', decodeURIComponent(new URL(server.connectionString('postgres')).password));
  const admin = await connect(server.connectionString('postgres'));
  await admin.query('CREATE SCHEMA "Odd.one"; CREATE TABLE "Odd.one"."Table" (id serial); CREATE TABLE "select" (id int); CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS \'SELECT 1\'');
  await admin.end();
}, 120_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.stop();
});

function config(port: number): Config {
  const url = new URL(server.connectionString('postgres'));
  const target = {
    target: { name: 'shop', protocol: 'postgres', environment: 'local', mode: 'enforce' }, upstream: { address: { kind: 'tcp', host: url.hostname, port }, user: decodeURIComponent(url.username), database: 'postgres' },
    password: { kind: 'env', name: 'CATALOG_TEST_PASSWORD' }, reader: undefined, databases: ['postgres'], upstreamTls: { mode: 'disable', ca: undefined, cert: undefined, key: undefined, serverName: undefined, direct: false },
  };
  return { targets: [target] } as unknown as Config; // all that is looked at
}

async function missing(...texts: readonly string[]): Promise<readonly string[] | undefined> {
  const port = Number(new URL(server.connectionString('postgres')).port);
  return (await lacking(config(port), 'shop', texts.flatMap((text) => resourceOf(text) ?? [])))?.map(formatResource);
}

describe('names that a target lacks', () => {
  test('as they are written, with case and quotes', async () => {
    expect(await missing('schema:"Odd.one"', 'table:"Odd.one".Table', 'table:public.select', 'sequence:"Odd.one".Table_id_seq', 'function:public.f', 'function:pg_catalog.now')).toEqual([]);
    expect(await missing('schema:odd', 'table:"Odd.one".table', 'table:public.Select', 'function:public.g', 'sequence:public.s')).toEqual(['schema:odd', 'table:"Odd.one".table', 'table:public.Select', 'function:public.g', 'sequence:public.s']);
  });

  test('of patterns and other kinds nothing is said', async () => { expect(await missing('table:public.*', 'table:orders', 'role:nobody')).toEqual([]); });

  test('nor where it cannot be asked', async () => {
    expect(await lacking(config(1), 'shop', [{ kind: 'table', path: ['a', 'b'], system: false }])).toBeUndefined();
    expect(await lacking(config(1), 'other', [])).toBeUndefined();
  });
});
