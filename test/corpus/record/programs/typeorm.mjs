// TypeORM needs it for its effect alone.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata';
import { Brackets, DataSource, EntitySchema, In, IsNull, LessThan, Like, MoreThan } from 'typeorm';

const Customer = new EntitySchema({ name: 'Customer', tableName: 'customers', columns: { id: { type: 'bigint', primary: true, generated: 'increment' }, name: { type: 'text' }, email: { type: 'text', unique: true }, phone: { type: 'text', nullable: true }, active: { type: 'boolean', default: true }, createdAt: { type: 'timestamptz', name: 'created_at', createDate: true } }, relations: { orders: { type: 'one-to-many', target: 'Order', inverseSide: 'customer' } } });
const Order = new EntitySchema({ name: 'Order', tableName: 'orders', columns: { id: { type: 'bigint', primary: true, generated: 'increment' }, status: { type: 'text', default: 'cart' }, placedAt: { type: 'timestamptz', name: 'placed_at', createDate: true } }, relations: { customer: { type: 'many-to-one', target: 'Customer', joinColumn: { name: 'customer_id' }, inverseSide: 'orders' } } });
const Product = new EntitySchema({ name: 'Product', tableName: 'products', columns: { id: { type: 'bigint', primary: true, generated: 'increment' }, sku: { type: 'text', unique: true }, name: { type: 'text' }, price: { type: 'numeric' }, stock: { type: 'int', default: 0 } } });

const source = await new DataSource({ type: 'postgres', url: process.env.DATABASE_URL, entities: [Customer, Order, Product], applicationName: 'shop' }).initialize();
const [customers, orders, products] = [source.getRepository('Customer'), source.getRepository('Order'), source.getRepository('Product')];
await customers.findOneBy({ id: '1' });
await customers.find({ where: { name: Like('%oak%'), active: true }, relations: { orders: true }, order: { id: 'DESC' }, take: 10, skip: 5 });
await customers.findAndCount({ where: [{ phone: IsNull() }, { id: LessThan('5') }], take: 10 });
await orders.find({ where: { id: In(['1', '2', '3']), customer: { email: 'x@example.com' } }, relations: { customer: true } });
await orders.exists({ where: { status: 'paid' } });
await orders.sum('id', { placedAt: MoreThan(new Date('2026-01-01')) });
await orders.createQueryBuilder('o').select('o.status', 'status').addSelect('count(*)', 'n').groupBy('o.status').getRawMany();
await orders.createQueryBuilder('o').leftJoinAndSelect('o.customer', 'c').where('o.id > :id', { id: 10 }).andWhere(new Brackets((q) => { q.where('o.status = :s', { s: 'paid' }).orWhere('c.active'); })).orderBy('o.id').take(5).getManyAndCount();
const made = await customers.save({ name: 'Type', email: 'typeorm@example.com' });
await customers.save({ id: made.id, phone: '+1 202 555 0101' });
await customers.update({ id: made.id }, { name: 'Typed' });
await customers.update({ id: In([made.id]) }, { phone: null });
await products.upsert([{ sku: 'T-1', name: 'one', price: 1 }, { sku: 'T-2', name: 'two', price: 2 }], ['sku']);
await products.increment({ sku: 'T-1' }, 'stock', 3);
await products.insert({ sku: 'T-3', name: 'three', price: 3 });
await source.transaction('SERIALIZABLE', async (manager) => {
  const found = await manager.getRepository('Product').find({ where: { sku: In(['T-1', 'T-2']) }, lock: { mode: 'pessimistic_write' } });
  await manager.remove('Product', found);
  await manager.delete('Product', { sku: 'T-3' });
});
await customers.delete(made.id);
await customers.remove(await customers.find({ where: { email: 'typeorm@example.com' } }));
await products.createQueryBuilder().update().set({ stock: () => 'stock + 0' }).execute();
await source.createQueryBuilder().delete().from('Order').where('placed_at < :t', { t: '1990-01-01' }).execute();
await source.destroy();

// Synchronisation and migrations look at the structure, and change it.
const Note = new EntitySchema({ name: 'Note', tableName: 'type_notes', columns: { id: { type: 'uuid', primary: true, generated: 'uuid' }, body: { type: 'text' }, at: { type: 'timestamptz', createDate: true } }, indices: [{ name: 'type_notes_at', columns: ['at'] }] });
class AddPinned1700000000000 {
  name = 'AddPinned1700000000000';
  async up(runner) { await runner.query('ALTER TABLE type_notes ADD pinned boolean NOT NULL DEFAULT false'); }
  async down(runner) { await runner.query('ALTER TABLE type_notes DROP COLUMN pinned'); }
}
const structure = await new DataSource({ type: 'postgres', url: process.env.DATABASE_URL, entities: [Note], migrations: [AddPinned1700000000000], synchronize: true }).initialize();
await structure.runMigrations();
await structure.undoLastMigration();
const runner = structure.createQueryRunner();
await runner.getTable('orders');
await runner.hasTable('orders');
await runner.release();
await structure.destroy();
