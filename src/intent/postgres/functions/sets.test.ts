import { expect, test } from 'vitest';
import { startPostgres } from '../../../../examples/support/postgres-server.ts';
import { connect, servers } from '../../../../test/support/servers.ts';
import { givesOneValue, scalarExtensions } from './sets.ts';
import { installExtensions } from './testing/extension-functions.ts';

test.each(servers)('$name: whatever may give several rows for one call is known by its name', async ({ options }) => {
  const server = await startPostgres(options);
  const client = await connect(server.connectionString());
  const ask = async (sql: string): Promise<readonly string[]> => (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name);
  const sets = await ask(`select distinct proname as name from pg_proc where proretset and pronamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`);
  expect(sets.length).toBeGreaterThan(60);
  expect(sets.filter(givesOneValue)).toEqual([]);
  // `SELECT 1 + 2` is one row, whatever stands in it.
  expect(await ask(`select o.oprname as name from pg_operator o join pg_proc p on p.oid = o.oprcode where p.proretset`)).toEqual([]);
  await installExtensions(client, [...scalarExtensions]);
  expect(await ask(`select distinct p.proname as name from pg_proc p join pg_depend d on d.objid = p.oid and d.deptype = 'e' join pg_extension e on e.oid = d.refobjid
    where p.proretset and e.extname in (${[...scalarExtensions].map((name) => `'${name}'`).join(', ')})`)).toEqual([]);
  await client.end();
  await server.stop();
});
