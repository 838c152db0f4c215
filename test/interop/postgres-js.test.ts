import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectSame } from './support/same.ts';
import { type Side, type Sides, startSides } from './support/sides.ts';

let sides: Sides;
beforeAll(async () => { sides = await startSides(); });
afterAll(async () => { await sides.stop(); });

async function connected<T>({ url }: Side, work: (sql: postgres.Sql) => Promise<T>, options: postgres.Options<Record<string, postgres.PostgresType>> = {}): Promise<T> {
  const sql = postgres(url, { max: 2, onnotice: () => undefined, ...options });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

async function failure(work: PromiseLike<unknown>): Promise<unknown> {
  const error = await Promise.resolve(work).then(() => undefined, (reason: unknown) => reason);
  if (!(error instanceof postgres.PostgresError)) return error;
  const { message, severity, code, detail, hint, position, constraint_name: constraint, table_name: table } = error;
  return { message, severity, code, detail, hint, position, constraint, table };
}

test('prepared by the driver, fragments, lists', async () => {
  const seen = await expectSame(sides, (side) => connected(side, async (sql) => {
    const found: unknown[] = [];
    for (const id of [1, 2, 3]) found.push(await sql`SELECT id, name, birth_date, created_at, active FROM customers WHERE id = ${id}`);
    found.push(await sql`SELECT id FROM orders WHERE status IN ${sql(['paid', 'shipped'])} ORDER BY id LIMIT ${5}`);
    found.push(await sql`SELECT ${sql(['id', 'sku'])} FROM ${sql('products')} WHERE id = ANY(${[1, 2]}::bigint[]) ORDER BY id`);
    found.push(await sql`INSERT INTO products ${sql([{ sku: 'A-1', name: 'a', price: 1 }, { sku: 'B-2', name: 'b', price: 2.5 }])} RETURNING id, sku, price`);
    found.push(await sql`UPDATE products SET ${sql({ name: 'c', stock: 4 })} WHERE sku = ${'A-1'} RETURNING *`);
    found.push((await sql`DELETE FROM products WHERE sku = ANY(${['A-1', 'B-2']})`).count);
    found.push((await sql`SELECT name FROM active_customers WHERE id < ${20} ORDER BY id`.describe()).columns.map(({ name, type }) => [name, type]));
    return found;
  }));
  expect(seen).toHaveLength(9);
});

test('unprepared, simple and several statements', async () => {
  await expectSame(sides, (side) => connected(side, async (sql) => [
    await sql.unsafe('SELECT count(*)::int FROM orders; SELECT customer_spend(3)'),
    await sql.unsafe('SELECT name FROM customers WHERE id = $1', [9]),
    await sql`SELECT 1 AS a; SELECT 2 AS b`.simple(),
    await sql.unsafe('SELECT name FROM customers WHERE id = $1', [9], { prepare: true }),
  ], { prepare: false }));
});

test('transactions, savepoints, errors', async () => {
  await expectSame(sides, (side) => connected(side, async (sql) => {
    const moved = await sql.begin('isolation level repeatable read', async (tx) => {
      const [order] = await tx`INSERT INTO orders (customer_id, status) VALUES (5, 'placed') RETURNING id, invoice_number, status`;
      const inner = await failure(tx.savepoint((point) => point`INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES (${order?.['id'] as string}, 1, 0, 1)`));
      const [item] = await tx`INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES (${order?.['id'] as string}, 1, 2, 9.5) RETURNING *`;
      return [order, inner, item, await tx`SELECT action, order_id FROM audit_entries ORDER BY id DESC LIMIT 1`];
    });
    const lost = await failure(sql.begin(async (tx) => {
      await tx`UPDATE customers SET name = 'Nobody' WHERE id = 1`;
      await tx`SELECT 1/0`;
    }));
    const many = await sql.begin((tx) => [1, 2, 3].map((id) => tx`SELECT name FROM customers WHERE id = ${id}`));
    return [moved, lost, many, await sql`SELECT name FROM customers WHERE id = 1`];
  }));
});

test('cursors, row by row', async () => {
  await expectSame(sides, (side) => connected(side, async (sql) => {
    const pages: unknown[] = [];
    for await (const rows of sql`SELECT id FROM orders ORDER BY id`.cursor(70)) pages.push([rows.length, rows[0]]);
    await sql`SELECT generate_series(1, 100000) AS n`.cursor(10, ([row]) => {
      pages.push(row);
      return sql.CLOSE;
    });
    let rows = 0;
    await sql`SELECT id FROM customers`.forEach(() => { rows++; });
    return [...pages, rows];
  }));
});

test('COPY in both directions', async () => {
  await expectSame(sides, (side) => connected(side, async (sql) => {
    const lines = Array.from({ length: 3_000 }, (_, index) => `2025-06-01 00:00:00+00\t\\N\t/js/${index}\t192.0.2.1\n`);
    await pipeline(Readable.from(lines), await sql`COPY visits (at, customer_id, path, address) FROM STDIN`.writable());
    return [await text(await sql`COPY (SELECT sku, stock FROM products ORDER BY id) TO STDOUT`.readable()), await sql`SELECT count(*) FROM visits WHERE path LIKE '/js/%'`];
  }));
});

test('LISTEN and NOTIFY', async () => {
  const heard = await expectSame(sides, (side) => connected(side, async (sql) => {
    const heard = Promise.withResolvers<string>();
    const listening = await sql.listen('news', (payload) => heard.resolve(payload));
    await sql.notify('news', 'the lamp is back');
    const payload = await heard.promise;
    await listening.unlisten();
    return payload;
  }));
  expect(heard).toBe('the lamp is back');
});

test('parameters of a megabyte, many parameters, many queries at once', async () => {
  await expectSame(sides, (side) => connected(side, async (sql) => {
    const blob = Buffer.alloc(1_000_000, 7);
    const [row] = await sql`SELECT ${blob}::bytea AS echo, ${sql.json({ a: ['é', null] })}::jsonb AS j`;
    const ids = Array.from({ length: 2_000 }, (_, index) => index + 1);
    const found = await sql`SELECT count(*)::int AS n FROM orders WHERE id IN ${sql(ids)}`;
    const all = await Promise.all(ids.slice(0, 200).map((id) => sql`SELECT name FROM customers WHERE id = ${id % 100}`));
    return [blob.equals(row?.['echo'] as Buffer), row?.['j'] as unknown, found, all.flat().length];
  }));
});

/** Waits until the server works on it: a request to cancel what has not begun cancels nothing. */
async function working(database: string, query: string): Promise<void> {
  await connected({ ...sides.direct, url: sides.server.connectionString() }, async (sql) => {
    while ((await sql`SELECT FROM pg_stat_activity WHERE datname = ${database} AND query LIKE ${`${query}%`} AND state = 'active'`).count === 0) await sleep(10);
  });
}

test('a query that is cancelled on another connection', async () => {
  const seen = await expectSame(sides, (side) => connected(side, async (sql) => {
    const slow = sql`SELECT pg_sleep(30)`;
    const ended = failure(slow);
    await working(side.database, 'SELECT pg_sleep(30)');
    slow.cancel();
    return [await ended, await sql`SELECT 2 AS still`];
  }));
  expect(seen[0]).toMatchObject({ code: '57014' });
});
