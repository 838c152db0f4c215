/**
 * Makes `testdata/extensions/*.txt`: the functions of the extensions that there is a pack for, as the servers named by the arguments install them,
 * together with what the files hold already.
 *
 *     node src/intent/postgres/functions/list-extensions.ts URL...
 *
 * with a superuser's connection string of a throw-away server each: every extension that it has is installed there. Debian packages
 * `postgresql-15-postgis-3`, `-cron`, `-partman`, `-repack`, `-hypopg`, `-pgaudit`, `-hll`, `-ip4r`; npm's `@electric-sql/pglite` 0.3 has pgvector, pg_uuidv7 and
 * pg_hashids, over `@electric-sql/pglite-socket`.
 * A volatile function that appears in the diff has to be reviewed in `packs/`: the tests fail until it is.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Client } from 'pg';
import { packs } from './packs.ts';
import { formatExtensionList, functionsOfExtension, installExtensions, parseExtensionList, type ExtensionFunction } from './testing/extension-functions.ts';

const folder = new URL('testdata/extensions/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const url of process.argv.slice(2)) {
  const client = new Client(url);
  await client.connect();
  for (const [extension, version] of await installExtensions(client, [...packs.keys()])) {
    const file = new URL(`${extension}.txt`, folder);
    const before = await readFile(file, 'utf8').catch(() => '');
    const versions = new Set([...(before.split('\n')[0] ?? '').replace(/^# \S*/u, '').trim().split(' '), version].filter((one) => one !== ''));
    await writeFile(file, formatExtensionList([extension, ...[...versions].toSorted()].join(' '), widest([...parseExtensionList(before), ...(await functionsOfExtension(client, extension))])));
  }
  await client.end();
}

/** A function whose volatility differs between versions counts as its most volatile one. */
function widest(functions: readonly ExtensionFunction[]): readonly ExtensionFunction[] {
  const rank = { immutable: 0, stable: 1, volatile: 2 };
  const found = new Map<string, ExtensionFunction>();
  for (const fn of functions) {
    const key = `${fn.language} ${fn.name}`;
    const other = found.get(key);
    if (other === undefined || rank[other.volatility] < rank[fn.volatility]) found.set(key, fn);
  }
  return [...found.values()];
}
