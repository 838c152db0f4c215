import { and, count, desc, eq, gt, inArray, relations, sql, sum } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { alias, bigint, bigserial, boolean, char, date, integer, numeric, pgEnum, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { DatabaseError, Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectSame } from './support/same.ts';
import { type Side, type Sides, startSides } from './support/sides.ts';

const orderStatus = pgEnum('order_status', ['cart', 'placed', 'paid', 'shipped', 'delivered', 'cancelled']);
const customers = pgTable('customers', {
  id: bigserial({ mode: 'number' }).primaryKey(), name: text().notNull(), email: text().notNull().unique(), phone: text(), ssn: char({ length: 11 }),
  birthDate: date('birth_date'), active: boolean().notNull().default(true), createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});
const products = pgTable('products', {
  id: bigserial({ mode: 'number' }).primaryKey(), sku: text().notNull().unique(), name: text().notNull(), price: numeric({ precision: 10, scale: 2 }).notNull(), stock: integer().notNull().default(0),
});
const orders = pgTable('orders', {
  id: bigserial({ mode: 'number' }).primaryKey(), customerId: bigint('customer_id', { mode: 'number' }).notNull().references(() => customers.id),
  status: orderStatus().notNull().default('cart'), placedAt: timestamp('placed_at', { withTimezone: true }).notNull().defaultNow(),
});
const items = pgTable('order_items', {
  orderId: bigint('order_id', { mode: 'number' }).notNull().references(() => orders.id), productId: bigint('product_id', { mode: 'number' }).notNull().references(() => products.id),
  quantity: integer().notNull(), unitPrice: numeric('unit_price', { precision: 10, scale: 2 }).notNull(),
}, (table) => [primaryKey({ columns: [table.orderId, table.productId] })]);
const schema = {
  customers, products, orders, items, orderStatus,
  customersRelations: relations(customers, ({ many }) => ({ orders: many(orders) })),
  ordersRelations: relations(orders, ({ one, many }) => ({ customer: one(customers, { fields: [orders.customerId], references: [customers.id] }), items: many(items) })),
  itemsRelations: relations(items, ({ one }) => ({ order: one(orders, { fields: [items.orderId], references: [orders.id] }), product: one(products, { fields: [items.productId], references: [products.id] }) })),
};

let sides: Sides;
beforeAll(async () => { sides = await startSides(); });
afterAll(async () => { await sides.stop(); });

async function connected<T>({ url }: Side, work: (db: NodePgDatabase<typeof schema>) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString: url, max: 2 });
  try {
    return await work(drizzle(pool, { schema }));
  } finally {
    await pool.end();
  }
}

async function failure(work: PromiseLike<unknown>): Promise<unknown> {
  const error = await Promise.resolve(work).then(() => undefined, (reason: unknown) => reason);
  const cause = error instanceof Error && error.cause instanceof DatabaseError ? error.cause : error;
  return cause instanceof DatabaseError ? { code: cause.code, message: cause.message, detail: cause.detail } : String(cause);
}

test('relational queries, nested and paged', async () => {
  const seen = await expectSame(sides, (side) => connected(side, async (db) => [
    await db.query.customers.findFirst({ where: eq(customers.id, 4), with: { orders: { orderBy: [desc(orders.id)], with: { items: { with: { product: true } } } } } }),
    await db.query.orders.findMany({ columns: { id: true, status: true }, where: gt(orders.id, 290), orderBy: orders.id, limit: 5, offset: 2, with: { customer: { columns: { name: true } }, items: true } }),
    await db.query.customers.findMany({ limit: 3, orderBy: customers.id, extras: { shouted: sql<string>`upper(${customers.name})`.as('shouted') } }),
  ]));
  expect(seen[1]).toHaveLength(5);
});

test('joins, groups, subqueries, CTEs, sets', async () => {
  await expectSame(sides, (side) => connected(side, async (db) => {
    const spend = db.$with('spend').as(db.select({ customerId: orders.customerId, total: sum(sql`${items.quantity} * ${items.unitPrice}`).as('total') }).from(orders).innerJoin(items, eq(items.orderId, orders.id)).groupBy(orders.customerId));
    const other = alias(customers, 'other');
    return [
      await db.with(spend).select({ name: customers.name, total: spend.total }).from(customers).leftJoin(spend, eq(spend.customerId, customers.id)).where(inArray(customers.id, [1, 2, 3, 4])).orderBy(customers.id),
      await db.select({ status: orders.status, n: count() }).from(orders).groupBy(orders.status).having(gt(count(), 10)).orderBy(orders.status),
      await db.select({ a: customers.id, b: other.id }).from(customers).innerJoin(other, and(eq(other.id, sql`${customers.id} + 1`), gt(customers.id, 115))).orderBy(customers.id),
      await db.select({ id: products.id }).from(products).where(eq(products.id, 1)).union(db.select({ id: products.id }).from(products).where(eq(products.id, 2))).orderBy(sql`1`),
      await db.selectDistinct({ status: orders.status }).from(orders).orderBy(orders.status),
      await db.$count(customers, eq(customers.active, true)),
      await db.execute(sql`SELECT customer_spend(${3}) AS spend`).then(({ rows }) => rows),
    ];
  }));
});

test('insert, upsert, update, delete with RETURNING; prepared statements', async () => {
  await expectSame(sides, (side) => connected(side, async (db) => {
    const byId = db.select({ name: customers.name }).from(customers).where(eq(customers.id, sql.placeholder('id'))).prepare('customer_by_id');
    const added = await db.insert(products).values([{ sku: 'D-1', name: 'one', price: '1.00' }, { sku: 'D-2', name: 'two', price: '2.00', stock: 3 }]).returning();
    const merged = await db.insert(products).values({ sku: 'D-1', name: 'uno', price: '1.10' }).onConflictDoUpdate({ target: products.sku, set: { name: 'uno', price: sql`excluded.price` } }).returning();
    const ignored = await db.insert(products).values({ sku: 'D-2', name: 'dos', price: '2.10' }).onConflictDoNothing().returning();
    const changed = await db.update(products).set({ stock: sql`${products.stock} + 10` }).where(eq(products.sku, 'D-2')).returning({ stock: products.stock });
    const gone = await db.delete(products).where(inArray(products.sku, ['D-1', 'D-2'])).returning({ sku: products.sku });
    return [added, merged, ignored, changed, gone, await byId.execute({ id: 5 }), await byId.execute({ id: 6 })];
  }));
});

test('transactions, nested, rolled back, and errors', async () => {
  const seen = await expectSame(sides, (side) => connected(side, async (db) => {
    const kept = await db.transaction(async (tx) => {
      const [order] = await tx.insert(orders).values({ customerId: 8, status: 'placed' }).returning({ id: orders.id, status: orders.status });
      const inner = await failure(tx.transaction(async (deeper) => { await deeper.insert(items).values({ orderId: order?.id ?? 0, productId: 1, quantity: -1, unitPrice: '1' }); }));
      await tx.insert(items).values({ orderId: order?.id ?? 0, productId: 1, quantity: 1, unitPrice: '1' });
      return [order, inner];
    }, { isolationLevel: 'repeatable read', accessMode: 'read write' });
    const undone = await failure(db.transaction(async (tx) => {
      await tx.delete(customers).where(eq(customers.id, 9));
      tx.rollback();
    }));
    return [kept, undone, await failure(db.insert(customers).values({ name: 'x', email: 'x', ssn: '900-11-1007' })), await db.$count(customers)];
  }));
  expect(seen).toHaveLength(4);
});

/** What drizzle-kit asks of the server before it writes or compares a schema. */
const introspection = [
  "SELECT s.nspname AS schema FROM pg_catalog.pg_namespace s WHERE s.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1",
  "SELECT n.nspname AS table_schema, c.relname AS table_name, CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' END AS type, c.relrowsecurity AS rls_enabled FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname = 'public' ORDER BY 2",
  "SELECT sequence_schema, sequence_name, start_value, increment FROM information_schema.sequences WHERE sequence_schema = 'public' ORDER BY 2",
  "SELECT n.nspname AS enum_schema, t.typname AS enum_name, e.enumlabel AS enum_value, e.enumsortorder AS sort_order FROM pg_type t JOIN pg_enum e ON t.oid = e.enumtypid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = 'public' ORDER BY 1, 2, 4",
  "SELECT a.attname AS column_name, format_type(a.atttypid, a.atttypmod) AS data_type, pg_get_expr(d.adbin, d.adrelid) AS column_default, a.attnotnull, pg_get_serial_sequence('public.orders', a.attname) FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = 'public.orders'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
  "SELECT tc.constraint_name, tc.constraint_type, kcu.column_name, ccu.table_name AS foreign_table, ccu.column_name AS foreign_column, rc.delete_rule FROM information_schema.table_constraints tc JOIN information_schema.key_column_usage kcu ON tc.constraint_name = kcu.constraint_name LEFT JOIN information_schema.constraint_column_usage ccu ON ccu.constraint_name = tc.constraint_name LEFT JOIN information_schema.referential_constraints rc ON rc.constraint_name = tc.constraint_name WHERE tc.table_schema = 'public' ORDER BY 1, 2, 3, 4, 5",
  "SELECT i.relname, ix.indisunique, am.amname, pg_get_indexdef(ix.indexrelid) FROM pg_index ix JOIN pg_class i ON i.oid = ix.indexrelid JOIN pg_am am ON am.oid = i.relam JOIN pg_class t ON t.oid = ix.indrelid WHERE t.relnamespace = 'public'::regnamespace ORDER BY 1",
  "SELECT schemaname, viewname, definition FROM pg_views WHERE schemaname = 'public' ORDER BY 2",
  'SELECT * FROM pg_policies', 'SELECT rolname, rolinherit, rolcreatedb, rolcreaterole FROM pg_roles ORDER BY 1',
  "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1",
];

test.each(introspection)('introspection: %s', async (query) => {
  await expectSame(sides, (side) => connected(side, async (db) => (await db.execute(sql.raw(query))).rows));
});
