require 'active_record'
ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: ENV['PGHOST'], port: ENV['PGPORT'], username: ENV['PGUSER'], password: ENV['PGPASSWORD'], database: ENV['PGDATABASE'])
class Customer < ActiveRecord::Base; self.record_timestamps = false; has_many :orders; end
class Order < ActiveRecord::Base; self.record_timestamps = false; belongs_to :customer; has_many :payments; end
class Payment < ActiveRecord::Base; self.record_timestamps = false; belongs_to :order; end
class Product < ActiveRecord::Base; self.record_timestamps = false; end
class Setting < ActiveRecord::Base; end

Customer.find(1)
Customer.find_by(email: 'x@example.com')
Customer.where('name ILIKE ?', '%oak%').where(active: true).order(id: :desc).limit(10).offset(20).to_a
Customer.includes(:orders).where(id: [1, 2, 3]).to_a
Customer.joins(:orders).where(orders: { status: 'paid' }).distinct.count
Order.eager_load(:customer).where('orders.id < 5').to_a
Order.group(:status).count
Order.group("date_trunc('day', placed_at)").order(Arel.sql('1')).count
Order.where(placed_at: 1.week.ago..).exists?
Order.where(status: 'paid').or(Order.where(id: 5)).pick(:id)
Product.average(:price)
Product.pluck(:sku).first
# Pages, as ActiveAdmin and Kaminari ask for them.
Order.from(Order.select('1 AS one').limit(30).offset(0), :subquery_for_count).count
Order.includes(:customer).order('"orders"."id" desc').limit(30).offset(30).to_a
made = Customer.create!(name: 'Record', email: 'record@example.com', active: true)
made.update!(phone: '+1 202 555 0107')
made.touch rescue nil
made.with_lock { made.update!(name: 'Recorded') }
Product.insert_all([{ sku: 'R-1', name: 'one', price: 1 }, { sku: 'R-2', name: 'two', price: 2 }])
Product.upsert_all([{ sku: 'R-1', name: 'one', price: 3 }], unique_by: :sku)
Product.where(sku: %w[R-1 R-2]).update_all('stock = stock + 1')
Product.increment_counter(:stock, 1)
Product.where(sku: %w[R-1 R-2]).find_each { |p| p.update!(stock: 5) }
Product.in_batches(of: 20) { |batch| batch.update_all(stock: 2) }
Product.transaction(isolation: :serializable) { Product.where(sku: 'R-1').lock('FOR UPDATE SKIP LOCKED').first }
Product.transaction { Product.transaction(requires_new: true) { Product.where(sku: %w[R-1 R-2]).delete_all } }
made.destroy
Product.update_all(stock: 1)
Order.where('placed_at < ?', Time.utc(1990)).delete_all
Order.connection.select_value('SELECT 1')
Customer.connection.execute('EXPLAIN SELECT 1')

# Migrations, and the dump of the schema.
ActiveRecord::Migration.verbose = false
class AddNotes < ActiveRecord::Migration[6.1]
  def change
    create_table(:record_notes) { |t| t.text :body, null: false; t.references :customer, foreign_key: true; t.jsonb :meta, default: {}; t.timestamps }
    add_index :record_notes, :created_at
    add_column :record_notes, :pinned, :boolean, default: false
    change_column_null :record_notes, :pinned, false
  end
end
class AddIndex < ActiveRecord::Migration[6.1]
  disable_ddl_transaction!
  def change; add_index :record_notes, :pinned, algorithm: :concurrently; end
end
connection = ActiveRecord::Base.connection
migrations = [AddNotes.new('AddNotes', 1), AddIndex.new('AddIndex', 2)]
migrator = ActiveRecord::Migrator.new(:up, migrations, ActiveRecord::SchemaMigration)
migrator.migrate
require 'active_record/schema_dumper'
require 'stringio'
ActiveRecord::SchemaDumper.dump(connection, StringIO.new)
ActiveRecord::Migrator.new(:down, migrations, ActiveRecord::SchemaMigration, 0).migrate
connection.tables; connection.views; connection.extensions; connection.foreign_keys('orders'); connection.indexes('orders'); connection.primary_keys('settings')
