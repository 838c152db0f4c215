import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shopData } from '../../examples/shop/data.ts';
import { loadShop, type Shop } from '../../examples/shop/load.ts';
import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import { servers } from './servers.ts';

describe.each(servers)('the shop on $name', ({ options }) => {
  let server: PostgresServer;
  let shop: Shop;
  let client: Client;

  beforeAll(async () => {
    server = await startPostgres(options);
    shop = await loadShop(server);
    client = new Client({ ...shop, host: server.host, port: server.port });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  async function one(sql: string): Promise<unknown> {
    const rows = (await client.query<Record<string, unknown>>(sql)).rows;
    return Object.values(rows[0] ?? {})[0];
  }

  test('has its rows, and an owner that is no superuser', async () => {
    const counted: Record<string, unknown> = {};
    for (const table of Object.keys(shopData())) counted[table] = Number(await one(`SELECT count(*) FROM ${table}`));
    expect(counted).toEqual({ customers: 120, addresses: 150, products: 40, orders: 300, order_items: 612, payments: 191, api_keys: 30, visits: 200 });
    expect(await one('SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).toBe(false);
    expect(await one('SELECT count(*) FROM audit_entries')).toBe('0');
  });

  test('its functions, trigger, view and cascade work', async () => {
    await client.query('BEGIN');
    const id = await one("SELECT id FROM orders WHERE status = 'placed' LIMIT 1");
    expect(await one(`SELECT cancel_order(${String(id)})`)).toBe('placed');
    expect(await one(`SELECT action FROM audit_entries WHERE order_id = ${String(id)}`)).toBe('UPDATE');
    expect(Number(await one(`SELECT sum(customer_spend(id)) FROM customers`))).toBeGreaterThan(0);
    await client.query('DELETE FROM customers');
    expect(await one('SELECT count(*) FROM order_items')).toBe('0');
    await client.query('ROLLBACK');
  });

  test('a new order gets the next number', async () => {
    await client.query('BEGIN');
    expect(await one('INSERT INTO orders (customer_id) VALUES (1) RETURNING invoice_number')).toBe('10301');
    await client.query('ROLLBACK');
  });

  test('loading it again leaves it as it is', async () => {
    await client.query('DELETE FROM visits');
    const again = await loadShop(server, { password: 'another' });
    expect(again).toEqual({ database: 'shop', user: 'shop', password: 'another' });
    expect(await one('SELECT count(*) FROM visits')).toBe('0');
  });
});

test('what is personal in it belongs to nobody', () => {
  const { customers = [], payments = [] } = shopData();
  for (const { ssn, email, phone } of customers) {
    // Area numbers from 900 are never assigned; 555-01xx is set aside for fiction.
    expect(ssn).toMatch(/^9\d\d-\d\d-\d{4}$/);
    expect(email).toMatch(/^[a-z.]+\d+@example\.com$/);
    expect(phone).toMatch(/^\+1 202 555 01\d\d$/);
  }
  for (const { card_number: card } of payments) {
    const digits = Array.from(String(card), Number).toReversed();
    expect(digits.reduce((sum, digit, index) => sum + (index % 2 === 1 ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit), 0) % 10).toBe(0);
  }
});
