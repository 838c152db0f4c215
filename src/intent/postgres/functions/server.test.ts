import { Client } from 'pg';
import { expect, test } from 'vitest';
import { startPostgres } from '../../../../examples/support/postgres-server.ts';
import { lookupBuiltin } from './builtins.ts';
import { systemRelations } from './catalog-data.ts';
import { classifySetting } from './settings.ts';
import { names } from './names.ts';

test('a real server has no function, setting or system relation that the tables do not know', async () => {
  const server = await startPostgres();
  const client = new Client(server.connectionString());
  await client.connect();
  const ask = async (sql: string): Promise<readonly string[]> => (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name);
  try {
    const functions = await ask(`select distinct proname as name from pg_proc where pronamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`);
    expect(functions.length).toBeGreaterThan(2500);
    expect(functions.filter((name) => lookupBuiltin(name) === undefined)).toEqual([]);
    const volatile = await ask(`select distinct proname as name from pg_proc where pronamespace = 'pg_catalog'::regnamespace and provolatile = 'v'`);
    expect(volatile.filter((name) => { const found = lookupBuiltin(name); return found !== undefined && 'purity' in found && found.purity === 'pure'; })).toEqual([]);

    const known = new Set(names(systemRelations));
    expect((await ask(`select relname as name from pg_class where relnamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and relkind in ('r', 'v')`)).filter((name) => !known.has(name))).toEqual([]);

    // A setting of the session's that the tables have not seen would be `other`, and only few are meant to be.
    const settings = await ask(`select name from pg_settings where context = 'user' and name not like '%.%'`);
    expect(settings.filter((name) => classifySetting(name) === 'other').toSorted()).toEqual(['restrict_nonsystem_relation_kind', 'wal_sender_timeout']);
  } finally {
    await client.end();
    await server.stop();
  }
});
