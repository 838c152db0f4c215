import { and, asc, avg, between, count, desc, eq, gt, ilike, inArray, isNull, lt, or, sql, sum } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { bigint, boolean, date, integer, jsonb, numeric, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { relations } from 'drizzle-orm';

const customers = pgTable('customers', { id: bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(), name: text().notNull(), email: text().notNull().unique(), phone: text(), birthDate: date('birth_date'), active: boolean().notNull().default(true), createdAt: timestamp('created_at', { withTimezone: true }).defaultNow() });
const orders = pgTable('orders', { id: bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(), customerId: bigint('customer_id', { mode: 'number' }).notNull(), status: text().notNull().default('cart'), placedAt: timestamp('placed_at', { withTimezone: true }).defaultNow() });
const items = pgTable('order_items', { orderId: bigint('order_id', { mode: 'number' }).notNull(), productId: bigint('product_id', { mode: 'number' }).notNull(), quantity: integer().notNull(), unitPrice: numeric('unit_price').notNull() }, (table) => [primaryKey({ columns: [table.orderId, table.productId] })]);
const products = pgTable('products', { id: bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(), sku: text().notNull().unique(), name: text().notNull(), price: numeric().notNull(), stock: integer().notNull().default(0) });
const articles = pgTable('articles', { id: uuid().primaryKey().defaultRandom(), slug: text().notNull().unique(), title: text().notNull(), body: text(), tags: text().array(), meta: jsonb(), publishedAt: timestamp('published_at', { withTimezone: true }) });
const customersRelations = relations(customers, ({ many }) => ({ orders: many(orders) }));
const ordersRelations = relations(orders, ({ one, many }) => ({ customer: one(customers, { fields: [orders.customerId], references: [customers.id] }), items: many(items) }));
const itemsRelations = relations(items, ({ one }) => ({ order: one(orders, { fields: [items.orderId], references: [orders.id] }), product: one(products, { fields: [items.productId], references: [products.id] }) }));

const db = drizzle(process.env.DATABASE_URL, { schema: { customers, orders, items, products, articles, customersRelations, ordersRelations, itemsRelations } });

await db.select().from(customers).where(eq(customers.id, 1));
await db.select({ id: customers.id, name: customers.name }).from(customers).where(and(ilike(customers.name, '%oak%'), eq(customers.active, true))).orderBy(desc(customers.createdAt)).limit(20).offset(40);
await db.select({ status: orders.status, n: count() }).from(orders).groupBy(orders.status).having(({ n }) => gt(n, 1));
await db.select({ name: customers.name, total: sum(items.quantity), mean: avg(items.unitPrice) }).from(customers).leftJoin(orders, eq(orders.customerId, customers.id)).leftJoin(items, eq(items.orderId, orders.id)).groupBy(customers.id).orderBy(asc(customers.name));
await db.select().from(orders).where(or(inArray(orders.id, [1, 2, 3]), between(orders.placedAt, new Date('2026-01-01'), new Date('2026-01-31'))));
const recent = db.select({ id: orders.id, customerId: orders.customerId }).from(orders).where(gt(orders.id, 100)).as('recent');
await db.select().from(customers).innerJoin(recent, eq(recent.customerId, customers.id)).limit(5);
const best = db.$with('best').as(db.select({ customerId: orders.customerId, n: count().as('n') }).from(orders).groupBy(orders.customerId));
await db.with(best).select().from(best).where(gt(best.n, 2));
await db.query.customers.findFirst({ where: eq(customers.email, 'x@example.com') });
await db.query.customers.findMany({ with: { orders: { with: { items: { with: { product: true } } }, limit: 3 } }, limit: 5, columns: { id: true, name: true } });
await db.$count(orders, eq(orders.customerId, 3));
await db.select({ id: orders.id, rank: sql`row_number() over (partition by ${orders.customerId} order by ${orders.placedAt} desc)` }).from(orders).where(eq(orders.customerId, 7));
const [made] = await db.insert(customers).values({ name: 'Drizzle', email: 'drizzle@example.com' }).returning();
await db.insert(products).values([{ sku: 'D-1', name: 'one', price: '1.50' }, { sku: 'D-2', name: 'two', price: '2.50' }]);
await db.insert(products).values({ sku: 'D-1', name: 'one', price: '1.50' }).onConflictDoUpdate({ target: products.sku, set: { stock: sql`${products.stock} + 1` } });
await db.insert(products).values({ sku: 'D-1', name: 'one', price: '1.50' }).onConflictDoNothing();
await db.insert(articles).values({ slug: 'drizzle', title: 'On drizzle', tags: ['rain'], meta: { words: 3 } }).returning({ id: articles.id });
await db.update(customers).set({ phone: '+1 202 555 0100' }).where(eq(customers.id, made.id)).returning({ id: customers.id });
await db.update(products).set({ stock: sql`${products.stock} - 1` }).where(inArray(products.sku, ['D-1', 'D-2']));
await db.update(orders).set({ status: sql`'cancelled'` }).from(customers).where(and(eq(orders.customerId, customers.id), eq(customers.email, 'drizzle@example.com')));
await db.transaction(async (tx) => {
  await tx.delete(products).where(inArray(products.sku, ['D-1', 'D-2']));
  await tx.transaction(async (inner) => { await inner.select().from(products).where(lt(products.stock, 5)).for('update', { skipLocked: true }).limit(3); });
  await tx.delete(customers).where(eq(customers.id, made.id));
}, { isolationLevel: 'serializable', accessMode: 'read write' });
await db.delete(articles).where(and(eq(articles.slug, 'drizzle'), isNull(articles.publishedAt)));
await db.execute(sql`select now()`);
const prepared = db.select().from(customers).where(eq(customers.id, sql.placeholder('id'))).prepare('by_id');
await prepared.execute({ id: 2 });
await db.update(products).set({ stock: 0 }).catch(() => undefined);
await db.delete(articles);
await db.$client.end();
