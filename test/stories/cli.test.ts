import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, DatabaseError } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadShop, type Shop } from '../../examples/shop/load.ts';
import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import { cli, freePort, startCli, type Running } from './cli-runner.ts';

let server: PostgresServer;
let shop: Shop;
let dir = '';
let environment: Record<string, string> = {};

beforeAll(async () => {
  server = await startPostgres();
  shop = await loadShop(server);
  dir = await mkdtemp(join(tmpdir(), 'guardrails-cli-'));
  environment = { SHOP_DB_PASSWORD: shop.password };
});

afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function refused(client: Client, sql: string): Promise<DatabaseError> {
  try {
    await client.query(sql);
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
  throw new Error(`\`${sql}\` was let through`);
}

// Each verb is a process of its own; on a busy machine each takes seconds.
describe('from nothing to a refused DROP', { timeout: 120_000 }, () => {
  let gateway: Running;
  let agentUrl = '';
  let userUrl = '';

  afterAll(async () => {
    gateway.signal('SIGKILL');
    await gateway.ended;
  });

  test('init writes a config that is right, policies and a data folder', async () => {
    const [listen, admin] = [await freePort(), await freePort()];
    const made = await cli(dir, ['init', '--upstream', `postgres://${shop.user}@127.0.0.1:${server.port}/${shop.database}`, '--listen', `127.0.0.1:${listen}`, '--environment', 'production']);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toContain('wrote guardrails.yaml');
    expect(made.out).toContain('export SHOP_DB_PASSWORD');
    expect((await stat(join(dir, 'guardrails-data'))).mode & 0o777).toBe(0o700);
    // The part that a person edits.
    const file = join(dir, 'guardrails.yaml');
    await writeFile(file, `${await readFile(file, 'utf8')}\ngateway: { admin: "127.0.0.1:${admin}", drain: 5s }\n`);
    expect(await cli(dir, ['start', '--check-config'])).toMatchObject({ code: 0, out: 'guardrails.yaml is right: 1 target (shop)\n' });
    expect(await cli(dir, ['policy', 'check'])).toMatchObject({ code: 0, err: '' });
    const again = await cli(dir, ['init']);
    expect(again.code).toBe(1);
    expect(again.err).toContain('guardrails.yaml is there already');
  });

  test('a user and an agent get a connection string each, in a file that is theirs', async () => {
    const user = await cli(dir, ['user', 'create', 'ada', '--target', 'shop', '--can', 'read,insert,update,delete,destroy', '--for', '8h', '--why', 'runs the shop']);
    expect(user).toMatchObject({ code: 0, err: '' });
    expect(user.out).not.toContain('grd_');
    expect((await stat(join(dir, 'ada.url'))).mode & 0o777).toBe(0o600);
    userUrl = (await readFile(join(dir, 'ada.url'), 'utf8')).trim();
    const agent = await cli(dir, ['agent', 'create', 'reporter', '--owner', 'ada', '--target', 'shop', '--can', 'read,update', '--for', '8h', '--json', '--print']);
    expect(agent.code).toBe(0);
    const made: unknown = JSON.parse(agent.out);
    expect(made).toMatchObject({ name: 'reporter', kind: 'agent', owner: 'ada', target: 'shop', url: expect.stringMatching(/^postgres:\/\/reporter:grd_[0-9A-Za-z]{49}@127\.0\.0\.1:\d+\/shop$/) });
    agentUrl = /postgres:[^"]+/.exec(agent.out)?.[0] ?? '';
    expect((await cli(dir, ['agent', 'list', '--json'])).out).not.toContain('grd_');
  });

  test('start says what stands, where it listens, and what to do next', async () => {
    gateway = startCli(dir, ['start'], environment);
    const said = await gateway.until('Next:');
    expect(said).toContain('Access Guardrails');
    expect(said).toMatch(/shop +127\.0\.0\.1:\d+ +shop@127\.0\.0\.1:\d+\/shop +production +enforce/);
    expect(said).toMatch(/recording +works/);
    expect(said).toContain('healthz');
  });

  test('a SELECT passes; a DROP is refused with what, which policy, and the way on', async () => {
    const agent = await connect(agentUrl);
    expect((await agent.query('SELECT name FROM customers WHERE id = 1')).rowCount).toBe(1);
    const drop = await refused(agent, 'DROP TABLE customers');
    expect(drop.code).toBe('42501');
    expect(drop.message).toMatch(/^(refused|held)/);
    expect(drop.message).toContain('table:public.customers');
    expect(drop.message).toContain('no grant');
    expect(drop.hint).toContain('guardrails grant add reporter --target shop --can destroy');
    expect(drop.detail).toMatch(/guardrails why gateway-0\/\d+/);
    // Nobody has dropped it.
    expect((await agent.query('SELECT count(*) > 0 AS some FROM customers')).rows).toEqual([{ some: true }]);
    await agent.end();
    // Granted is not enough: in production it takes more than one person.
    const ada = await connect(userUrl);
    const all = await refused(ada, 'DELETE FROM customers');
    expect(all).toMatchObject({ code: '42501', position: '1' });
    expect(all.message).toContain('all of it');
    expect(all.detail).toContain('baseline/');
    expect(all.hint).toContain('WHERE');
    await ada.end();
  });

  test('status says that it serves', async () => {
    const status = await cli(dir, ['status', '--json']);
    expect(status.code).toBe(0);
    expect(JSON.parse(status.out)).toMatchObject({ ready: true, checks: expect.arrayContaining([{ name: 'recording', ok: true }]) });
    expect((await cli(dir, ['status'])).out).toContain('it serves');
  });

  test('why and log tell of it', async () => {
    const why = await cli(dir, ['why', '--principal', 'agent:reporter']);
    expect(why.code).toBe(0);
    expect(why.out).toContain('agent:reporter (of ada)');
    expect(why.out).toContain('DROP TABLE customers');
    expect(why.out).toContain('destroy table:public.customers');
    expect(why.out).toContain('the way on');
    const last = (await cli(dir, ['why'])).out;
    expect(last).toContain('DELETE FROM customers');
    expect(last).toContain('needs  approval:data-owners:1');
    const denied = await cli(dir, ['log', 'show', '--principal', 'reporter', '--verb', 'destroy']);
    expect(denied.out).toContain('DROP TABLE customers');
    expect(denied.out.trim().split('\n')).toHaveLength(1);
    const all = (await cli(dir, ['log', 'show', '--json'])).out.trim().split('\n').map((line): unknown => JSON.parse(line));
    const kinds = all.map((event) => JSON.stringify(event).match(/"kind":"([a-z-]+)"/)?.[1]);
    expect(kinds).toEqual(expect.arrayContaining(['gateway-started', 'identity-changed', 'session-opened', 'decision', 'outcome', 'session-closed']));
    const newest = await cli(dir, ['log', 'show', '--limit', '2']);
    expect(newest.out.trim().split('\n')).toHaveLength(2);
    const ids = await cli(dir, ['why', 'gateway-0/999999']);
    expect(ids).toMatchObject({ code: 1 });
  });

  test('log follow prints what comes, until Ctrl-C', async () => {
    const following = startCli(dir, ['log', 'follow', '--principal', 'reporter', '--kind', 'decision', '--since', '1h']);
    await following.until('DROP TABLE customers');
    const agent = await connect(agentUrl);
    await agent.query('SELECT 42 AS fresh');
    await following.until('fresh');
    await agent.end();
    following.signal('SIGINT');
    expect((await following.ended).code).toBe(0);
  });

  test('explain decides for the agent, on the live catalog, as the gate does', async () => {
    const shown = await cli(dir, ['explain', '--target', 'shop', '--as', 'agent:reporter', '--json', 'DROP TABLE customers'], environment);
    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.out)).toMatchObject({ outcome: expect.stringMatching(/deny|hold/), statements: [{ effects: expect.arrayContaining([expect.objectContaining({ verb: 'destroy', resource: 'table:public.customers' })]) }] });
    const saved = await cli(dir, ['catalog', 'save', '--target', 'shop', 'shop.json'], environment);
    expect(saved.out).toMatch(/database shop of PostgreSQL \d+, as shop sees it: .*tables/);
    expect((await cli(dir, ['catalog', 'show', 'shop.json', '--json'])).out).toContain('"database":"shop"');
    const offline = await cli(dir, ['explain', '--catalog', 'shop.json', '--json', 'SELECT * FROM nowhere']);
    expect(JSON.parse(offline.out)).toMatchObject({ outcome: 'deny', code: 'not-understood' });
  });

  test('revoking an agent ends its live session', async () => {
    const agent = await connect(agentUrl);
    const gone = new Promise<void>((resolve) => { agent.on('end', () => { resolve(); }); });
    expect((await cli(dir, ['agent', 'revoke', 'reporter'])).code).toBe(0);
    await gone;
    await expect(connect(agentUrl)).rejects.toThrow(/was revoked/);
  });

  test('SIGTERM drains: an open transaction is let finish, and it ends with 0', async () => {
    const ada = await connect(userUrl);
    await ada.query('BEGIN');
    await ada.query('SELECT 1');
    gateway.signal('SIGTERM');
    await gateway.untilNote('draining');
    await expect(connect(userUrl)).rejects.toThrow(/ECONNREFUSED|ECONNRESET|drain|terminated/);
    expect((await ada.query('SELECT 2 AS two')).rows).toEqual([{ two: 2 }]);
    await ada.query('COMMIT');
    const { code } = await gateway.ended;
    expect(code).toBe(0);
    expect((await cli(dir, ['log', 'show', '--kind', 'gateway-stopped'])).out).toContain('SIGTERM');
    expect((await cli(dir, ['status'])).code).toBe(1);
  });
});
