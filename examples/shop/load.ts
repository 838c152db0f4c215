import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { shopData } from './data.ts';

/** The shop as a database of its own, and the role that owns it: no superuser, so what a gate's upstream should be. */
export interface Shop { readonly database: string; readonly user: string; readonly password: string }

/** How to reach a server as one who may create roles and databases; `PostgresServer` is one. */
export interface ShopServer { connectionString(database?: string): string }

export interface ShopOptions {
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
}

/**
 * Makes role and database and fills them, in less than a second. Where the shop is already there it is left as it is, and only the role's
 * password is set. Throws what the server says.
 */
export async function loadShop(server: ShopServer, options: ShopOptions = {}): Promise<Shop> {
  const shop: Shop = { database: options.database ?? 'shop', user: options.user ?? 'shop', password: options.password ?? randomBytes(24).toString('base64url') };
  await connected(server.connectionString(), async (admin) => {
    const role = admin.escapeIdentifier(shop.user);
    const exists = (await admin.query('SELECT FROM pg_roles WHERE rolname = $1', [shop.user])).rowCount === 1;
    await admin.query(`${exists ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN PASSWORD ${admin.escapeLiteral(shop.password)}`);
    if ((await admin.query('SELECT FROM pg_database WHERE datname = $1', [shop.database])).rowCount === 1) return;
    await admin.query(`CREATE DATABASE ${admin.escapeIdentifier(shop.database)} OWNER ${role}`);
  });
  await connected(server.connectionString(shop.database), async (client) => {
    if ((await client.query("SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'customers'")).rowCount === 0) await fill(client, shop.user);
  });
  return shop;
}

async function fill(client: Client, owner: string): Promise<void> {
  await client.query(`BEGIN; ALTER SCHEMA public OWNER TO ${client.escapeIdentifier(owner)}; SET LOCAL ROLE ${client.escapeIdentifier(owner)}`);
  await client.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'));
  // What was there from the start did not happen under the eyes of the audit trigger.
  await client.query('ALTER TABLE orders DISABLE TRIGGER USER');
  for (const [table, rows] of Object.entries(shopData())) {
    const columns = Object.keys(rows[0] ?? {}).join(', ');
    await client.query(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1)`, [JSON.stringify(rows)]);
  }
  await client.query(`
    SELECT setval('customers_id_seq', max(id)) FROM customers;
    SELECT setval('products_id_seq', max(id)) FROM products;
    SELECT setval('orders_id_seq', max(id)), setval('invoice_number', max(orders.invoice_number)) FROM orders;
    ALTER TABLE orders ENABLE TRIGGER USER;
    COMMIT;
    ANALYZE`);
}

async function connected<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
