import os
from peewee import *
db = PostgresqlDatabase(os.environ['PGDATABASE'], host=os.environ['PGHOST'], port=int(os.environ['PGPORT']), user=os.environ['PGUSER'], password=os.environ['PGPASSWORD'])

class Product(Model):
    id = BigAutoField()
    sku = TextField(unique=True)
    name = TextField()
    price = DecimalField()
    stock = IntegerField(default=0)
    class Meta: database, table_name = db, 'products'

db.connect()
Product.get_by_id(1)
list(Product.select().where(Product.name.contains('oak') & (Product.stock > 2)).order_by(Product.id.desc()).paginate(2, 10))
Product.select(fn.AVG(Product.price)).scalar()
made = Product.create(sku='W-1', name='one', price=1)
made.stock = 3; made.save()
Product.insert(sku='W-1', name='one', price=1).on_conflict(conflict_target=[Product.sku], update={Product.price: 2}).execute()
Product.update(stock=Product.stock + 1).where(Product.sku == 'W-1').execute()
with db.atomic():
    made.delete_instance()
db.get_tables(), db.get_columns('orders'), db.get_indexes('orders'), db.get_foreign_keys('orders'), db.get_primary_keys('orders'), db.get_views()
db.close()
