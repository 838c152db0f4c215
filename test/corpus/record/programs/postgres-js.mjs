import postgres from 'postgres';

const sql = postgres(process.env.DATABASE_URL, { max: 2 });
await sql`SELECT id, name FROM customers WHERE id = ${1}`;
await sql`SELECT * FROM customers WHERE id IN ${sql([1, 2, 3])}`;
await sql`SELECT * FROM orders WHERE id = ANY(${[1, 2]})`;
await sql`INSERT INTO products ${sql([{ sku: 'J-1', name: 'one', price: 1 }, { sku: 'J-2', name: 'two', price: 2 }], 'sku', 'name', 'price')} RETURNING id`;
await sql`UPDATE products SET ${sql({ stock: 5, name: 'x' }, 'stock', 'name')} WHERE sku = ${'J-1'}`;
await sql`UPDATE products SET stock = (v.stock)::int FROM (VALUES ${sql([['J-1', 7], ['J-2', 8]])}) AS v (sku, stock) WHERE products.sku = v.sku`;
await sql.begin('read write', async (tx) => {
  await tx`SELECT * FROM products WHERE sku = ${'J-1'} FOR UPDATE`;
  await tx.savepoint((s) => s`DELETE FROM products WHERE sku IN ${sql(['J-1', 'J-2'])}`);
});
await sql`SELECT id FROM orders ORDER BY id`.cursor(100, () => undefined);
await sql`INSERT INTO events (kind, data) VALUES (${'seen'}, ${sql.json({ page: 2 })})`;
await sql`SELECT ${sql('name')} FROM ${sql('customers')} WHERE ${sql('active')} LIMIT 10`;
await sql`SELECT x, y FROM unnest(${[1, 2]}::int[], ${['a', 'b']}::text[]) AS t (x, y)`;
await sql.listen('changes', () => undefined);
await sql.notify('changes', 'hello');
await sql.unsafe('SELECT 1; SELECT 2');
const lines = await sql`COPY (SELECT id, sku FROM products WHERE id < 10) TO STDOUT`.readable();
for await (const line of lines) void line;
await sql`SELECT count(*)::int FROM orders`.describe();
await sql.end();
