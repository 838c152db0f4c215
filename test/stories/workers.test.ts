import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Running } from './cli-runner.ts';
import { type GatewayFolder, gatewayFolder } from './gateway-folder.ts';

/** CancelRequest (PostgreSQL 18 documentation, section 54.7). */
const CANCEL = 80877102;

/** node-postgres keeps the key of its session, and has no typed way to it. */
function keyOf(client: Client): { readonly process: number; readonly secret: number } {
  const process: unknown = Reflect.get(client, 'processID');
  const secret: unknown = Reflect.get(client, 'secretKey');
  if (typeof process !== 'number' || typeof secret !== 'number') throw new Error('node-postgres keeps its key elsewhere');
  return { process, secret };
}

describe('several workers on one port', { timeout: 120_000 }, () => {
  let folder: GatewayFolder;
  let gateway: Running;
  let url = '';

  beforeAll(async () => {
    folder = await gatewayFolder();
    url = await folder.createUser('ada');
    gateway = await folder.start('--workers', '2');
    await gateway.until('workers    2');
  }, 120_000);

  afterAll(async () => {
    await folder.end();
  });

  async function connected(): Promise<Client> {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** As libpq does: a connection of its own, which the primary gives to the next worker in turn. */
  async function cancel(client: Client): Promise<void> {
    const { process, secret } = keyOf(client);
    const packet = Buffer.alloc(16);
    for (const [index, value] of [16, CANCEL, process, secret].entries()) packet.writeInt32BE(value, index * 4);
    const socket = createConnection({ host: '127.0.0.1', port: Number(new URL(url).port) }, () => socket.write(packet));
    await once(socket, 'close');
  }

  test('serve, and keep a log each', async () => {
    const clients = await Promise.all(Array.from({ length: 6 }, connected));
    for (const client of clients) expect((await client.query('SELECT count(*)::int AS n FROM customers')).rows).toEqual([{ n: 120 }]);
    await Promise.all(clients.map((client) => client.end()));
    expect((await readdir(join(folder.data, 'log/wal'))).toSorted()).toEqual(['gateway-0', 'gateway-1']);
  });

  test('a cancel finds its session, whichever worker it comes to', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, connected));
    const sleeping = clients.map((client) => client.query('SELECT pg_sleep(60)').then(() => 'slept', (error: unknown) => (error instanceof DatabaseError ? error.code : String(error))));
    await sleep(500);
    for (const client of clients) await cancel(client);
    expect(await Promise.all(sleeping)).toEqual(['57014', '57014', '57014', '57014']);
    for (const client of clients) expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await Promise.all(clients.map((client) => client.end()));
  });

  test('readiness and metrics speak for all', async () => {
    const ready = await (await fetch(`http://127.0.0.1:${folder.admin}/readyz`)).text();
    expect(JSON.parse(ready)).toMatchObject({ ready: true });
    expect(ready).toContain('worker 1: recording');
    expect(await (await fetch(`http://127.0.0.1:${folder.admin}/metrics`)).text()).toMatch(/guardrails_commands_total\{target="shop",outcome="permit",code=""\} 1[4-9]/);
  });

  test('SIGTERM ends all of them', async () => {
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toMatchObject({ code: 0 });
  });
});
