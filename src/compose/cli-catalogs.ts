import { Client } from 'pg';
import { loadCatalog } from '../catalog/load.ts';
import { formatSnapshot, InvalidSnapshot, parseSnapshot } from '../catalog/snapshot-file.ts';
import type { CatalogCounts } from '../cli/tools.ts';
import type { Config } from '../config/config.ts';
import type { CatalogSnapshot } from '../core/catalog.ts';
import type { Log } from '../core/log.ts';
import type { EntityRef, ResourceKind } from '../core/resource.ts';
import { catalogClient, upstreamOptions } from './targets.ts';

/** A catalog cannot be had; `mend` says what a person can do. */
export class CatalogFailure extends Error {
  override readonly name = 'CatalogFailure';
  readonly mend: string;
  constructor(message: string, mend: string, cause?: unknown) { super(message, { cause }); this.mend = mend; }
}

/** What is said about secrets' files goes to stderr; the rest of the gateway's log has no place in a verb's output. */
const toStderr: Log = { debug: () => {}, info: () => {}, warn: (message) => { process.stderr.write(`${message}\n`); }, error: (message) => { process.stderr.write(`${message}\n`); } };

const noLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** As the gateway reads it: with the upstream's role and credential. */
export async function liveSnapshot(config: Config, targetName: string, database: string | undefined): Promise<CatalogSnapshot> {
  const target = config.targets.find((one) => one.target.name === targetName);
  if (target === undefined) throw new CatalogFailure(`there is no target \`${targetName}\``, 'name one of the config');
  const client = new Client(catalogClient(await upstreamOptions(target, toStderr), database ?? target.upstream.database));
  // Reported by the query that fails; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await loadCatalog(client)).snapshot;
  } catch (error) {
    const said = error instanceof AggregateError ? error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join(', ') : error instanceof Error ? error.message : String(error);
    throw new CatalogFailure(`the catalog of \`${targetName}\` cannot be read: ${said}`, 'see that the server runs, and that upstream, password and upstream_tls of the target are right', error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Milliseconds; nobody waits long to be told of a slip of the pen. */
const LOOK_MS = 2_000;

/** Of names as `quote_ident` writes them; NULL where there is none. */
const lookups: Partial<Record<ResourceKind, string>> = {
  'table': 'pg_catalog.to_regclass($1)', 'sequence': 'pg_catalog.to_regclass($1)', 'schema': 'pg_catalog.to_regnamespace($1)',
  'function': '(SELECT p.oid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE pg_catalog.quote_ident(n.nspname) || \'.\' || pg_catalog.quote_ident(p.proname) = $1 LIMIT 1)',
};

function quoted(path: readonly string[]): string {
  return path.map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join('.');
}

/** See `Catalogs.lacking`. */
export async function lacking(config: Config, targetName: string, resources: readonly EntityRef[]): Promise<readonly EntityRef[] | undefined> {
  const target = config.targets.find((one) => one.target.name === targetName);
  if (target === undefined) return undefined;
  let client: Client | undefined;
  try {
    const options = await upstreamOptions(target, noLog);
    client = new Client({ ...catalogClient(options, target.upstream.database), connectionTimeoutMillis: LOOK_MS, query_timeout: LOOK_MS });
    client.on('error', () => undefined);
    await client.connect();
    const missing: EntityRef[] = [];
    for (const ref of resources) {
      const lookup = lookups[ref.kind];
      if (lookup === undefined || ref.path.includes('*') || ref.path.length !== (ref.kind === 'schema' ? 1 : 2)) continue;
      const { rows } = await client.query<{ readonly found: boolean }>(`SELECT ${lookup} IS NOT NULL AS found`, [quoted(ref.path)]);
      if (rows[0]?.found === false) missing.push(ref);
    }
    return missing;
  } catch {
    return undefined;
  } finally {
    await client?.end().catch(() => undefined);
  }
}

export async function snapshotOf(text: string, path: string): Promise<CatalogSnapshot> {
  try {
    return await parseSnapshot(text);
  } catch (error) {
    if (!(error instanceof InvalidSnapshot)) throw error;
    throw new CatalogFailure(`\`${path}\` is no snapshot that can be used: ${error.message}`, 'make it with guardrails catalog save', error);
  }
}

export function countsOf(snapshot: CatalogSnapshot): CatalogCounts {
  const relations: Record<string, number> = {};
  for (const { kind } of snapshot.relations) relations[kind] = (relations[kind] ?? 0) + 1;
  return {
    database: snapshot.database, serverVersion: snapshot.serverVersion, version: snapshot.version, role: snapshot.role, relations,
    functions: snapshot.functions.length, extensionFunctions: snapshot.functions.filter(({ extension }) => extension !== undefined).length,
    triggers: snapshot.relations.reduce((sum, { triggers }) => sum + triggers.length, 0),
  };
}

export { formatSnapshot };
