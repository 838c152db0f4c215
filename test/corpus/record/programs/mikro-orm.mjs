import { EntitySchema, LockMode, MikroORM } from '@mikro-orm/postgresql';

const Customer = new EntitySchema({ name: 'Customer', tableName: 'customers', properties: { id: { type: 'bigint', primary: true, autoincrement: true }, name: { type: 'text' }, email: { type: 'text', unique: true }, phone: { type: 'text', nullable: true }, active: { type: 'boolean', default: true }, orders: { kind: '1:m', entity: 'Order', mappedBy: 'customer' } } });
const Order = new EntitySchema({ name: 'Order', tableName: 'orders', properties: { id: { type: 'bigint', primary: true, autoincrement: true }, status: { type: 'text', default: 'cart' }, placedAt: { type: 'datetime', nullable: true }, customer: { kind: 'm:1', entity: 'Customer', inversedBy: 'orders' } } });
const Product = new EntitySchema({ name: 'Product', tableName: 'products', properties: { id: { type: 'bigint', primary: true, autoincrement: true }, sku: { type: 'text', unique: true }, name: { type: 'text' }, price: { type: 'decimal' }, stock: { type: 'integer', default: 0 } } });

const orm = await MikroORM.init({ clientUrl: process.env.DATABASE_URL, entities: [Customer, Order, Product], allowGlobalContext: true, discovery: { warnWhenNoEntities: false } });
const em = orm.em.fork();
await em.findOne('Customer', { id: '1' });
await em.find('Customer', { name: { $ilike: '%oak%' }, active: true }, { orderBy: { id: 'desc' }, limit: 10, offset: 5, populate: ['orders'] });
await em.findAndCount('Order', { customer: { email: 'x@example.com' }, id: { $in: ['1', '2'] } }, { limit: 5, populate: ['customer'], strategy: 'joined' });
await em.count('Order', { status: 'paid' });
const made = em.create('Customer', { name: 'Mikro', email: 'mikro@example.com', active: true });
em.persist([made, em.create('Product', { sku: 'M-1', name: 'one', price: '1', stock: 0 }), em.create('Product', { sku: 'M-2', name: 'two', price: '2', stock: 0 })]);
await em.flush();
made.phone = '+1 202 555 0104';
for (const product of await em.find('Product', { sku: ['M-1', 'M-2'] })) product.stock += 5;
await em.flush();
await em.upsert('Product', { sku: 'M-1', name: 'one', price: '3', stock: 1 });
await em.nativeUpdate('Product', { sku: { $in: ['M-1', 'M-2'] } }, { stock: 3 });
await em.transactional(async (inner) => {
  await inner.findOne('Product', { sku: 'M-1' }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  await inner.nativeDelete('Product', { sku: { $in: ['M-1', 'M-2'] } });
});
em.remove(made);
await em.flush();
await em.nativeDelete('Product', { stock: { $lt: -5 } });
await em.getConnection().execute('select 1');
await orm.schema.getUpdateSchemaSQL();
await orm.close();
