import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { startPostgres } from '../examples/support/postgres-server.ts';
import { onCleanup } from './cleanup.ts';
import type { Login } from './path.ts';
import { initialise } from './pgbench.ts';

export interface BenchServer { readonly login: Login; readonly version: string }

/** pgbench's unit: 100,000 accounts, and one branch, which every TPC-B transaction updates. */
const scale = 10;

/** The server that stands behind every path. Debian's when there is one; with fsync, as in production: a commit waits for the disk with and without the gate. */
export async function startServer(): Promise<BenchServer> {
  const bin = await debian();
  const server = await startPostgres({
    ...(bin === undefined ? {} : { bin }), auth: 'scram',
    settings: { fsync: 'on', max_connections: '1000', shared_buffers: '256MB', max_wal_size: '4GB', checkpoint_timeout: '1h', autovacuum: 'off' },
  });
  onCleanup(() => server.stop('immediate'));
  const login = { port: server.port, user: 'app', password: randomBytes(18).toString('base64url'), database: 'bench' };
  const admin = new Client(server.connectionString());
  await admin.connect();
  await admin.query(`CREATE ROLE app LOGIN PASSWORD '${login.password}'`);
  await admin.query('CREATE DATABASE bench OWNER app');
  await admin.end();
  const owner = new Client({ host: '127.0.0.1', port: login.port, user: login.user, password: login.password, database: login.database });
  await owner.connect();
  await owner.query('ALTER SCHEMA public OWNER TO app').catch(() => undefined);
  await owner.end();
  await initialise(login, scale);
  return { login, version: server.version };
}

async function debian(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql';
  const newest = (await readdir(root).catch(() => [])).filter((name) => /^\d+$/.test(name)).toSorted((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(root, newest, 'bin');
}
