import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type PostgresServer } from '../../../../examples/support/postgres-server.ts';
import { connect, servers } from '../../../../test/support/servers.ts';
import { lookupBuiltin } from './builtins.ts';
import { serverSettings, systemRelations } from './catalog-data.ts';
import { lookupExtensionFunction } from './extensions.ts';
import { names } from './names.ts';
import { packs } from './packs.ts';
import { classifySetting } from './settings.ts';
import { settingGroups } from './settings-table.ts';
import { functionsOfExtension, installExtensions, parseExtensionList } from './testing/extension-functions.ts';

/** Extensions that can only be made on a server that was started with them. */
const preloaded = ['pg_cron', 'pgaudit', 'pg_stat_statements'];

describe.each(servers)('$name', ({ options }) => {
  let server: PostgresServer;
  let client: Client;
  beforeAll(async () => {
    const libraries = preloaded.filter((name) => options.bin !== undefined && existsSync(join(options.bin, `../lib/${name}.so`)));
    server = await startPostgres({ ...options, settings: { shared_preload_libraries: libraries.join(',') } });
    client = await connect(server.connectionString());
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
  });
  const ask = async (sql: string): Promise<readonly string[]> => (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name);

  test('each built-in function is in the table, by name, and no volatile one is taken for pure', async () => {
    const functions = await ask(`select distinct proname as name from pg_proc where pronamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`);
    expect(functions.length).toBeGreaterThan(2400);
    expect(functions.filter((name) => lookupBuiltin(name) === undefined)).toEqual([]);
    const volatile = await ask(`select distinct proname as name from pg_proc where pronamespace = 'pg_catalog'::regnamespace and provolatile = 'v'`);
    expect(volatile.filter((name) => { const found = lookupBuiltin(name); return found !== undefined && 'purity' in found && found.purity === 'pure'; })).toEqual([]);
  });

  test('each relation of the server\'s own is known', async () => {
    const known = new Set(names(systemRelations));
    expect((await ask(`select relname as name from pg_class where relnamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and relkind in ('r', 'v')`)).filter((name) => !known.has(name))).toEqual([]);
  });

  test('each setting that a session may change has its group, and each other one is known', async () => {
    const grouped = new Set(settingGroups.flatMap((group) => names(group.names)));
    const changeable = await ask(`select name from pg_settings where context in ('user', 'superuser', 'superuser-backend', 'backend') and name not like '%.%' and name <> 'client_min_messages'`);
    expect(changeable.length).toBeGreaterThan(160);
    expect(changeable.filter((name) => !grouped.has(name.toLowerCase()))).toEqual([]);
    const known = new Set(names(serverSettings));
    expect((await ask(`select name from pg_settings where context in ('sighup', 'postmaster', 'internal') and name not like '%.%'`)).filter((name) => !known.has(name.toLowerCase()) && !grouped.has(name.toLowerCase()))).toEqual([]);
    // Of extensions: what only a superuser may change is never harmless.
    const guarded = await ask(`select name from pg_settings where context <> 'user' and name like '%.%'`);
    expect(guarded.filter((name) => classifySetting(name) === 'harmless')).toEqual([]);
  });

  test('the packs hold for the extensions that it has', async () => {
    const installed = await installExtensions(client, [...packs.keys()]);
    // Those that come with PostgreSQL; more where Debian's packages are installed.
    expect(installed.size).toBeGreaterThan(35);
    const unreviewed: string[] = [];
    const unlisted: string[] = [];
    for (const [extension, version] of installed) {
      const text = readFileSync(new URL(`testdata/extensions/${extension}.txt`, import.meta.url), 'utf8');
      const listed = new Set(parseExtensionList(text).map(({ name, language }) => `${language} ${name}`));
      const versionListed = (text.split('\n')[0] ?? '').split(' ').includes(version);
      for (const { name, volatility, language } of await functionsOfExtension(client, extension)) {
        if (volatility === 'volatile' && language !== 'sql' && language !== 'plpgsql' && lookupExtensionFunction(extension, name, volatility, language) === undefined) unreviewed.push(`${extension}: ${name}`);
        if (versionListed && !listed.has(`${language} ${name}`)) unlisted.push(`${extension}: ${name}`);
      }
    }
    expect({ unreviewed, unlisted }).toEqual({ unreviewed: [], unlisted: [] });
  });
});
