import { DataTypes, Op, QueryTypes, Sequelize, Transaction } from 'sequelize';

const sequelize = new Sequelize(process.env.DATABASE_URL, { logging: false, define: { underscored: true, timestamps: false } });
const Customer = sequelize.define('Customer', { id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true }, name: DataTypes.TEXT, email: { type: DataTypes.TEXT, unique: true }, phone: DataTypes.TEXT, active: DataTypes.BOOLEAN }, { tableName: 'customers' });
const Order = sequelize.define('Order', { id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true }, status: DataTypes.TEXT, placedAt: DataTypes.DATE }, { tableName: 'orders' });
const Product = sequelize.define('Product', { id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true }, sku: { type: DataTypes.TEXT, unique: true }, name: DataTypes.TEXT, price: DataTypes.DECIMAL, stock: DataTypes.INTEGER }, { tableName: 'products' });
const Article = sequelize.define('Article', { id: { type: DataTypes.UUID, primaryKey: true, defaultValue: DataTypes.UUIDV4 }, slug: DataTypes.TEXT, title: DataTypes.TEXT, tags: DataTypes.ARRAY(DataTypes.TEXT), meta: DataTypes.JSONB }, { tableName: 'articles' });
Customer.hasMany(Order, { foreignKey: 'customer_id' });
Order.belongsTo(Customer, { foreignKey: 'customer_id' });

await sequelize.authenticate();
await Customer.findByPk(1);
await Customer.findAll({ where: { name: { [Op.iLike]: '%oak%' }, active: true }, order: [['id', 'DESC']], limit: 10, offset: 20 });
await Customer.findAndCountAll({ where: { id: { [Op.gt]: 5 } }, include: [{ model: Order, where: { status: 'paid' }, required: false }], limit: 5 });
await Order.findAll({ where: { id: [1, 2, 3], placedAt: { [Op.between]: ['2026-01-01', '2026-02-01'] } }, include: Customer });
await Order.count({ group: 'status', where: Sequelize.literal("placed_at > now() - interval '7 days'") });
await Order.findAll({ attributes: [[sequelize.fn('date_trunc', 'day', sequelize.col('placed_at')), 'day'], [sequelize.fn('COUNT', '*'), 'n']], group: ['day'], raw: true });
await Product.max('price');
await Article.findAll({ where: { tags: { [Op.contains]: ['tree'] }, 'meta.words': 3 } });
const made = await Customer.create({ name: 'Seq', email: 'seq@example.com' });
await made.update({ phone: '+1 202 555 0102' });
await made.reload();
await Product.bulkCreate([{ sku: 'S-1', name: 'one', price: 1 }, { sku: 'S-2', name: 'two', price: 2 }], { updateOnDuplicate: ['price'], conflictAttributes: ['sku'] });
await Product.upsert({ sku: 'S-1', name: 'one', price: 3 }, { conflictFields: ['sku'] });
await Customer.findOrCreate({ where: { email: 'seq@example.com' }, defaults: { name: 'Seq' } });
await Product.increment('stock', { by: 2, where: { sku: 'S-1' } });
await Product.update({ name: 'changed' }, { where: { sku: { [Op.in]: ['S-1', 'S-2'] } }, returning: true });
await Product.update({ stock: 1 }, { where: { sku: { [Op.startsWith]: 'S-' } } });
await sequelize.transaction({ isolationLevel: Transaction.ISOLATION_LEVELS.REPEATABLE_READ }, async (transaction) => {
  await Product.findOne({ where: { sku: 'S-1' }, lock: transaction.LOCK.UPDATE, skipLocked: true, transaction });
  await Product.destroy({ where: { sku: ['S-1', 'S-2'] }, transaction });
});
await made.destroy();
await sequelize.query('SELECT name FROM customers WHERE id = :id', { replacements: { id: 5 }, type: QueryTypes.SELECT });
await sequelize.query('SELECT name FROM customers WHERE id = $id', { bind: { id: 5 }, type: QueryTypes.SELECT });
await Article.destroy({ where: {} });
await Article.destroy({ truncate: true });

// Synchronisation looks at the structure, and changes it.
const Note = sequelize.define('SeqNote', { body: DataTypes.TEXT, kind: DataTypes.ENUM('a', 'b') }, { tableName: 'seq_notes', timestamps: true, indexes: [{ fields: ['kind'] }] });
await Note.sync();
await Note.sync({ alter: true });
const queryInterface = sequelize.getQueryInterface();
await queryInterface.showAllTables();
await queryInterface.describeTable('orders');
await queryInterface.showIndex('orders');
await queryInterface.getForeignKeyReferencesForTable('orders');
await queryInterface.addColumn('seq_notes', 'pinned', { type: DataTypes.BOOLEAN, defaultValue: false });
await queryInterface.removeColumn('seq_notes', 'pinned');
await queryInterface.dropTable('seq_notes', {});
await sequelize.close();
