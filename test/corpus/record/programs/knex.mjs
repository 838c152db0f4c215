import knex from 'knex';

const db = knex({ client: 'pg', connection: process.env.DATABASE_URL });
await db('customers').where({ id: 1 }).first();
await db('customers').select('id', 'name').whereILike('name', '%oak%').andWhere('active', true).orderBy('id', 'desc').limit(10).offset(20);
await db('orders as o').join('customers as c', 'c.id', 'o.customer_id').leftJoin('order_items as i', 'i.order_id', 'o.id').groupBy('c.id', 'c.name').select('c.name').sum({ total: 'i.quantity' }).count('* as n').having(db.raw('count(*) > ?', [2]));
await db('orders').whereIn('id', [1, 2, 3]).whereBetween('placed_at', ['2026-01-01', '2026-01-20']);
await db('orders').whereExists(db('order_items').whereRaw('order_items.order_id = orders.id')).count();
await db.with('recent', db('orders').where('placed_at', '>', '2026-01-01')).select('*').from('recent').limit(5);
await db('orders').select('id', db.raw('rank() over (partition by customer_id order by placed_at) as r')).limit(10);
await db('customers').pluck('email').limit(3);
await db('products').columnInfo();
const [{ id }] = await db('customers').insert({ name: 'Knex', email: 'knex@example.com' }).returning('id');
await db('products').insert([{ sku: 'K-1', name: 'one', price: 1 }, { sku: 'K-2', name: 'two', price: 2 }]).onConflict('sku').merge();
await db('products').insert({ sku: 'K-1', name: 'one', price: 1 }).onConflict('sku').ignore();
await db('customers').where({ id }).update({ phone: '+1 202 555 0103' });
await db('products').whereIn('sku', ['K-1', 'K-2']).increment('stock', 5);
await db.batchInsert('events', [{ kind: 'a' }, { kind: 'b' }], 1);
await db.transaction(async (trx) => {
  await trx('jobs').where({ state: 'ready' }).orderBy('run_at').limit(1).forUpdate().skipLocked();
  await trx.transaction(async (inner) => { await inner('products').whereIn('sku', ['K-1', 'K-2']).del(); });
}, { isolationLevel: 'serializable' });
await db('customers').where({ id }).del();
await db('articles').where('meta', '@>', JSON.stringify({ words: 3 })).limit(5);
await db.raw('select 1 + 1 as two');
for await (const row of db('products').select('id').stream()) void row;
await db('articles').update({ meta: '{}' });
await db('articles').truncate();

// Migrations and the schema builder.
class Source {
  getMigrations() { return Promise.resolve(['1_notes']); }
  getMigrationName(name) { return name; }
  getMigration() {
    return Promise.resolve({
      up: (knex) => knex.schema.createTable('knex_notes', (table) => { table.increments(); table.text('body').notNullable(); table.bigInteger('customer_id').references('customers.id').onDelete('CASCADE'); table.timestamps(true, true); table.index(['created_at']); }),
      down: (knex) => knex.schema.dropTable('knex_notes'),
    });
  }
}
const migrationSource = new Source();
await db.migrate.latest({ migrationSource });
await db.migrate.status({ migrationSource });
await db.schema.hasTable('orders');
await db.schema.hasColumn('orders', 'status');
await db.schema.alterTable('knex_notes', (table) => { table.string('title', 200); table.dropColumn('updated_at'); });
await db.migrate.rollback({ migrationSource });
await db.destroy();
