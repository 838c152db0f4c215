import type { Client } from 'pg';

/** One name of an extension's functions, with the most volatile of its overloads in one language. */
export interface ExtensionFunction {
  readonly name: string;
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  readonly language: string;
}

const volatilities = { i: 'immutable', s: 'stable', v: 'volatile' } as const;

const membersQuery = `
  select p.proname as name, max(p.provolatile::text collate "C") as volatility, l.lanname as language
  from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid join pg_catalog.pg_proc p on p.oid = d.objid join pg_catalog.pg_language l on l.oid = p.prolang
  where d.refclassid = 'pg_catalog.pg_extension'::regclass and d.classid = 'pg_catalog.pg_proc'::regclass and d.deptype = 'e' and e.extname = $1
  group by 1, 3 order by 3, 2, 1`;

/** Of an extension that stands installed in the client's database (pg_depend, deptype `e`). */
export async function functionsOfExtension(client: Pick<Client, 'query'>, extension: string): Promise<readonly ExtensionFunction[]> {
  const { rows } = await client.query<{ name: string; volatility: keyof typeof volatilities; language: string }>(membersQuery, [extension]);
  return rows.map(({ name, volatility, language }) => ({ name, volatility: volatilities[volatility], language }));
}

/** Installs what can be of these, with what they need. Returns the extensions that now stand there, with their versions. */
export async function installExtensions(client: Pick<Client, 'query'>, wanted: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const available = new Set((await client.query<{ name: string }>('select name from pg_catalog.pg_available_extensions')).rows.map(({ name }) => name));
  for (const name of wanted) if (available.has(name)) await client.query(`create extension if not exists "${name}" cascade`);
  const { rows } = await client.query<{ name: string; version: string }>('select extname as name, extversion as version from pg_catalog.pg_extension');
  return new Map(rows.filter(({ name }) => wanted.includes(name)).map(({ name, version }) => [name, version]));
}

/**
 * The form of `testdata/extensions/*.txt`: a line that begins with `#` says where it was read, `volatile c:` begins the names of one volatility
 * and language, which follow, indented.
 */
export function parseExtensionList(text: string): readonly ExtensionFunction[] {
  const found: ExtensionFunction[] = [];
  let volatility: ExtensionFunction['volatility'] = 'volatile';
  let language = '';
  for (const line of text.split('\n')) {
    const heading = /^(immutable|stable|volatile) (\w+):$/u.exec(line);
    if (heading !== null) {
      volatility = Object.values(volatilities).find((one) => one === heading[1]) ?? 'volatile';
      language = heading[2] ?? '';
    } else if (line.startsWith('  ')) for (const name of line.trim().split(' ')) found.push({ name, volatility, language });
  }
  return found;
}

export function formatExtensionList(origin: string, functions: readonly ExtensionFunction[]): string {
  const groups = new Map<string, Set<string>>();
  for (const { name, volatility, language } of functions) {
    const key = `${volatility} ${language}`;
    groups.set(key, (groups.get(key) ?? new Set()).add(name));
  }
  const blocks = [...groups].toSorted(([a], [b]) => (a < b ? 1 : -1)).map(([key, names]) => `${key}:\n${lines(names)}`);
  return `# ${origin}\n${blocks.join('')}`;
}

function lines(names: Iterable<string>): string {
  const out: string[] = [];
  for (const name of [...names].toSorted()) {
    const last = out.at(-1);
    if (last === undefined || last.length + name.length > 150) out.push(`  ${name}`);
    else out[out.length - 1] = `${last} ${name}`;
  }
  return `${out.join('\n')}\n`;
}
