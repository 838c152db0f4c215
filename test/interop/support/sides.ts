import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { serve } from '../../../src/compose/serve.ts';
import { formatFinding, loadConfig } from '../../../src/config/load.ts';
import type { Verb } from '../../../src/core/effect.ts';
import { createUser, grant } from '../../../src/identity/registry.ts';
import { sqliteStore } from '../../../src/store/sqlite-store.ts';
import { loadShop } from '../../../examples/shop/load.ts';
import { freePort, type PostgresOptions, type PostgresServer, startPostgres } from '../../../examples/support/postgres-server.ts';

/** Milliseconds until the gateway must have read the catalog and know its user. */
const READY_MS = 15_000;
/** Milliseconds that clients get to leave before the gateway stops. */
const LEAVE_MS = 3_000;

/** Test certificates: `localhost` and 127.0.0.1, signed by `ca.crt`. */
export const tlsFolder = resolve(import.meta.dirname, '../../../src/connectors/postgres/testdata/tls');

/** One way to the shop. Both ways lead to a database of its own on one server, alike down to the oids. */
export interface Side {
  readonly name: 'direct' | 'gate';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly url: string;
}

export interface Sides {
  readonly direct: Side;
  readonly gate: Side;
  readonly server: PostgresServer;
  /** As the owner of the shop, past the gate: to look at what a client did. */
  side(name: 'direct' | 'gate', database: string): Side;
  stop(): Promise<void>;
}

export interface SidesOptions {
  readonly policy?: 'baseline' | 'open';
  /** Lines of the target's config, without indentation. */
  readonly target?: readonly string[];
  /** What the user behind the gate is granted; `ordinaryVerbs` unless said. */
  readonly verbs?: readonly Verb[];
  readonly server?: PostgresOptions;
  /** Starts something between the gate and the server and says on which port of loopback it listens; it must end with the process or by itself. */
  readonly between?: (server: Side) => Promise<number>;
}

/** What an ordinary application needs; no define, destroy or grant. */
export const ordinaryVerbs: readonly Verb[] = ['read', 'insert', 'update', 'delete', 'execute', 'configure', 'export'];

/** A real server with the shop twice, and a gateway in this process in front of the second. The target counts as production. */
export async function startSides(options: SidesOptions = {}): Promise<Sides> {
  const ended: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => { for (const step of ended.splice(0).toReversed()) await step(); };
  try {
    const server = await startPostgres(options.server);
    ended.push(() => server.stop());
    const shop = await loadShop(server);
    const admin = new Client({ connectionString: server.connectionString() });
    await admin.connect();
    // A template's copies have the same oids, so that even what names objects by oid compares.
    for (const database of ['direct', 'gated']) await admin.query(`CREATE DATABASE ${database} TEMPLATE ${shop.database} OWNER ${shop.user}`);
    await admin.end();
    const owner = (database: string): Side => sideOf('direct', server.port, shop.user, shop.password, database);
    const behind = await options.between?.(owner('gated')) ?? server.port;
    const folder = await mkdtemp(join(tmpdir(), 'guardrails-interop-'));
    ended.push(() => rm(folder, { recursive: true, force: true }));
    const port = await freePort();
    const variable = `INTEROP_PASSWORD_${process.pid}_${port}`;
    process.env[variable] = shop.password;
    await writeFile(join(folder, 'guardrails.yaml'), `version: 1
policy: ${resolve(import.meta.dirname, '../../../policies', options.policy ?? 'baseline')}
gateway:
  data: ./data
  admin: off
  log: { level: error, format: json }
targets:
  shop:
    protocol: postgres
    listen: 127.0.0.1:${port}
    upstream: postgres://${shop.user}@${server.host}:${behind}/gated
    password: { env: ${variable} }
    databases: "*"
${(options.target ?? []).map((line) => `    ${line}\n`).join('')}`, { mode: 0o600 });
    const loaded = await loadConfig(join(folder, 'guardrails.yaml'));
    if (!loaded.ok) throw new Error(loaded.errors.map(formatFinding).join('\n'));
    const serving = await serve(loaded.config, loaded.digest, []);
    ended.push(() => serving.stop('the test has ended'), () => sessionsEnded(server));
    const store = sqliteStore({ path: join(loaded.config.gateway.data, 'state.db'), clock: Date.now, randomBytes });
    const context = { store, clock: Date.now, randomBytes, by: 'test' };
    const { secret } = await createUser(context, { name: 'ada' });
    await grant(context, { holder: { kind: 'principal', name: 'ada' }, target: 'shop', verbs: options.verbs ?? ordinaryVerbs, for: '8h' });
    await store.close();
    const side = (name: 'direct' | 'gate', database: string): Side => name === 'direct' ? owner(database) : sideOf('gate', port, 'ada', secret, database);
    const sides = { direct: side('direct', 'direct'), gate: side('gate', 'gated'), server, side, stop };
    await ready(sides.gate, options.target?.some((line) => line.startsWith('tls:')) ?? false);
    return sides;
  } catch (error) {
    await stop();
    throw error;
  }
}

function sideOf(name: 'direct' | 'gate', port: number, user: string, password: string, database: string): Side {
  return { name, host: '127.0.0.1', port, user, password, database, url: `postgresql://${user}:${password}@127.0.0.1:${port}/${database}` };
}

/** Pools end their clients in the background: whoever is still there when the gateway stops is told so, and throws it out of any test. */
async function sessionsEnded(server: PostgresServer): Promise<void> {
  const admin = new Client({ connectionString: server.connectionString() });
  await admin.connect();
  for (const started = performance.now(); performance.now() - started < LEAVE_MS; await sleep(20)) {
    const { rowCount } = await admin.query("SELECT FROM pg_stat_activity WHERE usename = 'shop' AND application_name <> 'guardrails catalog'");
    if (rowCount === 0) break;
  }
  await admin.end();
}

async function ready(gate: Side, tls: boolean): Promise<void> {
  for (const started = performance.now(); ; await sleep(50)) {
    const client = new Client({ connectionString: gate.url, ...(tls ? { ssl: { rejectUnauthorized: false } } : {}) });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (performance.now() - started > READY_MS) throw error;
    }
  }
}
