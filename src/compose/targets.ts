import { readFile } from 'node:fs/promises';
import { Client, type ClientConfig } from 'pg';
import type { CatalogSize } from '../catalog/size.ts';
import { watchCatalog } from '../catalog/watch.ts';
import type { TargetConfig } from '../config/config.ts';
import { addressSet } from '../config/scalars.ts';
import { followSecret, resolveSecret } from '../config/secret.ts';
import { makeServerTls } from '../connectors/postgres/accept/server-tls.ts';
import type { AcceptOptions } from '../connectors/postgres/accept/accept.ts';
import type { UpstreamOptions, UpstreamTls } from '../connectors/postgres/upstream/options.ts';
import type { CatalogSource } from '../core/catalog.ts';
import type { Log } from '../core/log.ts';

/** Milliseconds for the target to accept a connection and a login. */
const CONNECT_TIMEOUT_MS = 15_000;
/** Statements of the catalog's reader; a target that is slower than this is not readable. Milliseconds. */
const CATALOG_STATEMENT_TIMEOUT_MS = 60_000;

async function pem(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : readFile(path, 'utf8');
}

async function upstreamTls({ upstreamTls: tls }: TargetConfig): Promise<UpstreamTls> {
  if (tls.mode === 'disable') return { mode: 'disable' };
  const [ca, certificate, key] = await Promise.all([pem(tls.ca), pem(tls.cert), pem(tls.key)]);
  return { mode: tls.mode, direct: tls.direct, ca, certificate, key, serverName: tls.serverName };
}

/** How the gate reaches the target, with the credential as it is now. Rejects with `SecretUnavailable`, and with what reading a file throws. */
export async function upstreamOptions(config: TargetConfig, log: Log): Promise<UpstreamOptions> {
  const password = config.password === undefined ? undefined : await resolveSecret(config.password, (text) => log.warn(text, { target: config.target.name }));
  return { address: config.upstream.address, tls: await upstreamTls(config), user: config.upstream.user, password, connectTimeout: CONNECT_TIMEOUT_MS };
}

/**
 * How the gate reaches the target: with the credential as it is at each call. Rejects with `SecretUnavailable`, and with what reading a file throws.
 * The same object for as long as the password is the same: what is derived from it (SCRAM's keys) is kept by that identity. TLS files are read once.
 */
export async function upstreamLogin(config: TargetConfig, log: Log): Promise<() => Promise<UpstreamOptions>> {
  let options = await upstreamOptions(config, log);
  const secret = config.password === undefined ? undefined : followSecret(config.password, (text) => log.warn(text, { target: config.target.name }));
  return async () => {
    const password = await secret?.();
    if (password !== options.password) options = { ...options, password };
    return options;
  };
}

export async function acceptOptions(config: TargetConfig): Promise<AcceptOptions> {
  const { tls, proxyProtocol, limits } = config;
  const [certificate, key, clientCa] = await Promise.all([pem(tls?.cert), pem(tls?.key), pem(tls?.clientCa)]);
  return {
    tls: certificate === undefined || key === undefined ? undefined : makeServerTls({ certificate, key, clientCa }),
    requireTls: tls?.required ?? false,
    proxies: proxyProtocol === undefined ? undefined : addressSet(proxyProtocol.trusted),
    startupTimeout: limits.startupTimeout,
    extraParameters: new Set(config.allowParameters),
  };
}

/** What node-postgres needs for the same login as a session has. */
export function catalogClient(upstream: UpstreamOptions, database: string): ClientConfig {
  const { address, tls } = upstream;
  return {
    user: upstream.user, database, application_name: 'guardrails catalog', statement_timeout: CATALOG_STATEMENT_TIMEOUT_MS, connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...(upstream.password === undefined ? {} : { password: upstream.password }),
    ...(address.kind === 'tcp' ? { host: address.host, port: address.port } : socketOf(address.path)),
    ssl: tls.mode === 'disable' ? false : {
      rejectUnauthorized: tls.mode === 'verify-full',
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
      ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    },
  };
}

/** node-postgres wants the folder and the port of `/run/postgresql/.s.PGSQL.5432` apart. */
function socketOf(path: string): { readonly host: string; readonly port: number } {
  const match = /^(.*)\/\.s\.PGSQL\.(\d+)$/.exec(path);
  return { host: match?.[1] ?? path, port: Number(match?.[2] ?? 5432) };
}

/** With how large it is. */
export interface FollowedCatalog extends CatalogSource {
  readonly size: CatalogSize | undefined;
}

export interface CatalogSources {
  of(database: string): CatalogSource;
  readonly all: ReadonlyMap<string, FollowedCatalog>;
  close(): Promise<void>;
}

/** One catalog a database, read when the first session comes. `examine` gets each new connection before the catalog does; it must not reject. */
export function catalogSources(config: TargetConfig, login: () => Promise<UpstreamOptions>, log: Log, examine?: (client: Client, database: string) => Promise<void>): CatalogSources {
  const sources = new Map<string, { readonly seen: CatalogSource; readonly close: () => Promise<void> }>();
  const all = new Map<string, FollowedCatalog>();
  const open = (database: string): FollowedCatalog => {
    const watch = watchCatalog({
      connect: async () => {
        const client = new Client(catalogClient(await login(), database));
        // Reported by the query that fails; without a listener it would end the process.
        client.on('error', () => undefined);
        await client.connect();
        await examine?.(client, database);
        return client;
      },
    });
    const seen: FollowedCatalog = {
      current: () => watch.current(),
      refresh: async () => {
        try {
          await watch.refresh();
        } catch (error) {
          log.warn('the catalog could not be read', { target: config.target.name, database, why: error instanceof Error ? error.message : String(error) });
        }
      },
      get failure() { return watch.failure; },
      get size() { return watch.size; },
    };
    sources.set(database, { seen, close: () => watch.close() });
    all.set(database, seen);
    return seen;
  };
  return {
    all,
    of: (database) => sources.get(database)?.seen ?? open(database),
    close: async () => { await Promise.all([...sources.values()].map(({ close }) => close())); },
  };
}
