import { createServer, type Socket } from 'node:net';
import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { freePort, startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import type { Catalog } from '../core/catalog.ts';
import { connect, value } from '../../test/support/servers.ts';
import { watchCatalog, type CatalogSource } from './watch.ts';

/** So long that only `refresh` makes a check. */
const never = 1e9; // ms
const soon = 10; // ms

let server: PostgresServer;
let admin: Client;
const open: CatalogSource[] = [];

beforeAll(async () => {
  server = await startPostgres();
  admin = await connect(server.connectionString());
  await admin.query('CREATE TABLE t (id int)');
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((source) => source.close()));
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});

function watch(interval: number, connecting: () => Promise<Client> = () => connect(server.connectionString())): CatalogSource {
  const source = watchCatalog({ connect: connecting, interval });
  open.push(source);
  return source;
}

const find = (catalog: Catalog | undefined, name: string): string | undefined => catalog?.relation({ schema: undefined, name }, ['public'])?.name;

test('nothing is connected before somebody asks', async () => {
  const connecting = vi.fn<() => Promise<Client>>(() => connect(server.connectionString()));
  const source = watch(never, connecting);
  expect(source.failure).toBeUndefined();
  expect(connecting).not.toHaveBeenCalled();
  expect(source.current()).toBeUndefined();
  expect(connecting).toHaveBeenCalledTimes(1);
  await source.refresh();
  expect(find(source.current(), 't')).toBe('t');
  expect(connecting).toHaveBeenCalledTimes(1);
});

test('what was committed before a refresh is in it, and the same object stays while nothing changes', async () => {
  const source = watch(never);
  await source.refresh();
  const first = source.current();
  await admin.query('INSERT INTO t VALUES (1)');
  await source.refresh();
  expect(source.current()).toBe(first);
  await Promise.all(Array.from({ length: 5 }, async (_, n) => {
    const session = await connect(server.connectionString());
    await session.query(`CREATE TABLE fresh_${n} (id int)`);
    await source.refresh();
    expect(find(source.current(), `fresh_${n}`)).toBe(`fresh_${n}`);
    await session.end();
  }));
  expect(source.current()?.version).not.toBe(first?.version);
});

test('a change that is put back gives the version that was', async () => {
  const source = watch(never);
  await source.refresh();
  const version = source.current()?.version;
  await admin.query('ALTER TABLE t RENAME TO moved');
  await source.refresh();
  expect(source.current()?.version).not.toBe(version);
  await admin.query('ALTER TABLE moved RENAME TO t');
  await source.refresh();
  expect(source.current()?.version).toBe(version);
});

test('a change by somebody else is noticed without being asked for', async () => {
  const source = watch(soon);
  const heard: string[] = [];
  const stop = source.onChange((catalog) => { heard.push(catalog.version); });
  await source.refresh();
  await admin.query('CREATE TABLE unasked (id int)');
  await vi.waitFor(() => { expect(find(source.current(), 'unasked')).toBe('unasked'); }, 10_000);
  expect(heard.at(-1)).toBe(source.current()?.version);
  stop();
  const count = heard.length;
  await admin.query('DROP TABLE unasked');
  await vi.waitFor(() => { expect(find(source.current(), 'unasked')).toBeUndefined(); }, 10_000);
  expect(heard.length).toBe(count);
});

test('a connection that is cut is made again, and what changed meanwhile is there', async () => {
  let pid: unknown;
  const source = watch(soon, async () => {
    const client = await connect(server.connectionString());
    pid = await value(client, 'SELECT pg_backend_pid()');
    return client;
  });
  await source.refresh();
  const cut = pid;
  await admin.query('SELECT pg_terminate_backend($1)', [cut]);
  await admin.query('CREATE TABLE after_the_cut (id int)');
  await vi.waitFor(() => { expect(find(source.current(), 'after_the_cut')).toBe('after_the_cut'); }, 10_000);
  expect(pid).not.toBe(cut);
  expect(source.failure).toBeUndefined();
});

test('while the server is away it says why, keeps what it knew, and comes back by itself', async () => {
  const port = await freePort();
  const source = watch(soon, () => connect(`postgresql://postgres@127.0.0.1:${port}/postgres`));
  await expect(source.refresh()).rejects.toThrow('ECONNREFUSED');
  expect(source.current()).toBeUndefined();
  expect(source.failure).toContain('ECONNREFUSED');
  // At once: nobody waits for the next attempt.
  await expect(source.refresh()).rejects.toThrow('ECONNREFUSED');
  const late = await startPostgres({ port, auth: 'trust' });
  await vi.waitFor(() => { expect(source.current()?.database).toBe('postgres'); }, 30_000);
  expect(source.failure).toBeUndefined();
  const known = source.current();
  await late.stop('immediate');
  await vi.waitFor(() => { expect(source.failure).toBeDefined(); }, 10_000);
  expect(source.current()).toBe(known);
});

test('waiting can be given up, and ends with the source', async () => {
  // A server that accepts and says nothing.
  const accepted: Socket[] = [];
  const silent = createServer((socket) => { accepted.push(socket); });
  await new Promise<void>((listening) => { silent.listen(0, '127.0.0.1', listening); });
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const source = watch(soon, () => connect(`postgresql://postgres@127.0.0.1:${port}/postgres`));
  const patience = new AbortController();
  const impatient = source.refresh(patience.signal);
  const patient = source.refresh();
  patience.abort();
  await expect(impatient).rejects.toThrow('waiting for the catalog was given up');
  const closed = source.close();
  await expect(patient).rejects.toThrow('the catalog is closed');
  await closed;
  await expect(source.refresh()).rejects.toThrow('the catalog is closed');
  for (const socket of accepted) socket.destroy();
  silent.close();
});

test('a text that is locked is absent, and tried again until it is there', async () => {
  await admin.query('CREATE VIEW locked_view AS SELECT id FROM t');
  const source = watch(soon);
  const migration = await connect(server.connectionString());
  await migration.query('BEGIN; LOCK TABLE t');
  const definition = (): string | undefined => source.current()?.relation({ schema: undefined, name: 'locked_view' }, ['public'])?.definition;
  await source.refresh();
  expect(find(source.current(), 'locked_view')).toBe('locked_view');
  expect(definition()).toBeUndefined();
  // Neither takes a number nor writes: the token of commits says nothing.
  await migration.query('ROLLBACK');
  await vi.waitFor(() => { expect(definition()).toContain('FROM public.t'); }, 20_000);
  await migration.end();
});
