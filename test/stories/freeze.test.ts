import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './cli-runner.ts';
import { type GatewayFolder, gatewayFolder } from './gateway-folder.ts';

/** Milliseconds; a gateway follows within one second, and the machine may be busy. */
const patience = 20_000;

async function sent(client: Client, text: string, values: readonly unknown[] = []): Promise<string> {
  try {
    return (await client.query(text, [...values])).command;
  } catch (error) {
    return error instanceof DatabaseError ? `${error.code} ${error.message} (${error.detail ?? ''})` : String(error);
  }
}

async function until(client: Client, text: string, fits: (said: string) => boolean): Promise<string> {
  let said = await sent(client, text);
  for (const started = performance.now(); !fits(said) && performance.now() - started < patience; said = await sent(client, text)) await sleep(50);
  return said;
}

function isRefused(said: string): boolean { return said.startsWith('25006'); }

describe('a target is frozen and unfrozen while work goes on', { timeout: 120_000 }, () => {
  let folder: GatewayFolder;
  let url = '';
  const clients: Client[] = [];

  beforeAll(async () => {
    folder = await gatewayFolder();
    url = await folder.createUser('ada');
    await folder.start();
  }, 120_000);

  afterAll(async () => {
    await Promise.allSettled(clients.map((client) => client.end()));
    await folder.end();
  });

  async function connect(): Promise<Client> {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    clients.push(client);
    await client.connect();
    return client;
  }

  const change = 'UPDATE customers SET name = name WHERE id = 1';

  test('live sessions are refused what changes, by text and by what they had prepared; reads pass', async () => {
    const client = await connect();
    expect(await sent(client, change)).toBe('UPDATE');
    const prepared = { name: 'p', text: 'UPDATE customers SET name = name WHERE id = $1', values: [1] };
    await client.query(prepared);
    const frozen = await cli(folder.dir, ['freeze', 'shop', '--why', 'orders look wrong']);
    expect([frozen.code, frozen.out]).toEqual([0, expect.stringContaining('shop is frozen: within a second nothing but reads passes')]);
    expect(await until(client, change, isRefused)).toMatch(/^25006 refused: `shop` is frozen: update `table:public\.customers` \(frozen by cli:\S+ since \S+: orders look wrong\n/);
    await expect(client.query(prepared)).rejects.toMatchObject({ code: '25006' });
    expect(await sent(client, 'SELECT 1 FROM customers WHERE id = 1')).toBe('SELECT');
    expect(await sent(client, 'SET statement_timeout = 1000')).toBe('SET');
  });

  test('it says so, and stays ready', async () => {
    const status = await cli(folder.dir, ['status']);
    expect([status.code, status.out]).toEqual([0, expect.stringMatching(/ok {4}target shop: frozen by cli:\S+ since \S+: orders look wrong/)]);
    const again = await cli(folder.dir, ['freeze', 'shop', '--json']);
    expect(JSON.parse(again.out)).toMatchObject({ target: 'shop', changed: false, why: 'orders look wrong' });
    expect(await (await fetch(`http://127.0.0.1:${folder.admin}/metrics`)).text()).toContain('guardrails_target_frozen{target="shop"} 1');
  });

  test('it outlives the gateway, which says so when it stands', async () => {
    await folder.kill();
    const gateway = await folder.start();
    await gateway.until('FROZEN: shop lets nothing but reads through');
    expect(await sent(await connect(), change)).toMatch(/^25006 /);
  });

  test('what an open transaction did before may be committed, and nothing be added', async () => {
    const [client, other] = [await connect(), await connect()];
    expect((await cli(folder.dir, ['unfreeze', 'shop'])).code).toBe(0);
    expect(await until(client, change, (said) => said === 'UPDATE')).toBe('UPDATE');
    await client.query("BEGIN; UPDATE customers SET name = 'before the freeze' WHERE id = 1");
    await cli(folder.dir, ['freeze', 'shop']);
    expect(await until(other, 'UPDATE customers SET name = name WHERE id = 2', isRefused)).toMatch(/^25006 /);
    expect(await sent(client, 'COMMIT')).toBe('COMMIT');
    expect((await other.query('SELECT name FROM customers WHERE id = 1')).rows).toEqual([{ name: 'before the freeze' }]);
    await client.query('BEGIN');
    expect(await sent(client, change)).toMatch(/^25006 /);
    expect(await sent(client, 'COMMIT')).toBe('ROLLBACK');
    expect(await sent(client, 'SELECT 1 FROM customers WHERE id = 1')).toBe('SELECT');
  });

  test('both orders and every refusal are on record', async () => {
    await cli(folder.dir, ['unfreeze', 'shop']);
    const shown = await untilShown(async () => (await cli(folder.dir, ['log', 'show', '--kind', 'target-frozen', '--kind', 'target-unfrozen'])).out, (out) => out.trim().split('\n').length === 4);
    expect(shown.trim().split('\n').map((line) => line.split(' ')[1])).toEqual(['target-frozen', 'target-unfrozen', 'target-frozen', 'target-unfrozen']);
    expect(shown).toMatch(/target-frozen +shop by=cli:\S+ why=orders look wrong/);
    expect((await cli(folder.dir, ['log', 'show', '--outcome', 'deny', '--limit', '1'])).out).toContain('(frozen) UPDATE customers');
    expect((await cli(folder.dir, ['why'])).out).toMatch(/^DENY {2}frozen\n[\s\S]*guardrails log show --kind target-frozen --target shop says who froze it and why/);
    expect((await cli(folder.dir, ['freeze', 'nowhere'])).code).not.toBe(0);
  });
});

async function untilShown(look: () => Promise<string>, fits: (said: string) => boolean): Promise<string> {
  let said = await look();
  for (const started = performance.now(); !fits(said) && performance.now() - started < patience; said = await look()) await sleep(200);
  return said;
}
