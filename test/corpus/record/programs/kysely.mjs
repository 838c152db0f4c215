import { Kysely, PostgresDialect, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import pg from 'pg';

const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 }) }) });
await db.selectFrom('customers').selectAll().where('id', '=', 1).executeTakeFirst();
await db.selectFrom('customers').select(['id', 'name']).where('name', 'ilike', '%oak%').orderBy('id', 'desc').limit(10).offset(20).execute();
await db.selectFrom('customers as c').select((eb) => ['c.id', jsonArrayFrom(eb.selectFrom('orders as o').select(['o.id', 'o.status']).whereRef('o.customer_id', '=', 'c.id').orderBy('o.id')).as('orders')]).where('c.id', 'in', [1, 2]).execute();
await db.selectFrom('orders').select((eb) => ['status', eb.fn.countAll().as('n'), eb.fn.max('placed_at').as('last')]).groupBy('status').execute();
await db.with('big', (qb) => qb.selectFrom('order_items').select(['order_id', (eb) => eb.fn.sum('quantity').as('q')]).groupBy('order_id')).selectFrom('big').innerJoin('orders', 'orders.id', 'big.order_id').selectAll('orders').where('big.q', '>', 5).limit(5).execute();
await db.selectFrom('orders').select('id').where((eb) => eb.or([eb('status', '=', 'paid'), eb.exists(eb.selectFrom('payments').select(sql`1`.as('one')).whereRef('payments.order_id', '=', 'orders.id'))])).limit(5).execute();
await db.insertInto('products').values({ sku: 'Y-1', name: 'one', price: 1 }).onConflict((c) => c.column('sku').doUpdateSet((eb) => ({ price: eb.ref('excluded.price') }))).returning('id').executeTakeFirstOrThrow();
await db.updateTable('products').set((eb) => ({ stock: eb('stock', '+', 1) })).where('sku', '=', 'Y-1').execute();
await db.updateTable('orders as o').from('customers as c').set({ status: 'cancelled' }).whereRef('o.customer_id', '=', 'c.id').where('c.email', '=', 'nobody@example.com').execute();
await db.deleteFrom('order_items').using('orders').whereRef('orders.id', '=', 'order_items.order_id').where('orders.id', '=', 99999).execute();
await db.mergeInto('products as p').using(sql`(values ('Y-1', 5), ('Y-9', 6))`.as(sql`v(sku, price)`), (join) => join.onRef('p.sku', '=', 'v.sku')).whenMatched().thenUpdateSet({ price: sql`v.price` }).whenNotMatched().thenInsertValues({ sku: sql`v.sku`, name: sql`v.sku`, price: sql`v.price` }).execute();
await db.transaction().setIsolationLevel('serializable').execute(async (trx) => {
  await trx.selectFrom('jobs').selectAll().where('state', '=', 'ready').orderBy('run_at').limit(1).forUpdate().skipLocked().execute();
  await trx.deleteFrom('products').where('sku', 'in', ['Y-1', 'Y-9']).execute();
});
await db.introspection.getTables();
await db.introspection.getSchemas();
await db.schema.createTable('kysely_notes').addColumn('id', 'serial', (c) => c.primaryKey()).addColumn('body', 'text', (c) => c.notNull()).execute();
await db.schema.alterTable('kysely_notes').addColumn('pinned', 'boolean', (c) => c.defaultTo(false)).execute();
await db.schema.createIndex('kysely_notes_body').on('kysely_notes').column('body').execute();
await db.schema.dropTable('kysely_notes').ifExists().execute();
await db.destroy();
