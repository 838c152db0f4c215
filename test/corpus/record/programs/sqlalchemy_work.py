import os, shutil
from datetime import datetime, timedelta
from sqlalchemy import (ARRAY, BigInteger, Boolean, Column, DateTime, ForeignKey, Integer, MetaData, Numeric, Table, Text, and_, create_engine, delete, func, inspect, insert, or_, select, text, update)
from sqlalchemy.dialects.postgresql import JSONB, UUID, insert as upsert
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload

url = os.environ['DATABASE_URL'].replace('postgresql://', 'postgresql+psycopg2://')
engine = create_engine(url, future=True)
Base = declarative_base()

class Customer(Base):
    __tablename__ = 'customers'
    id = Column(BigInteger, primary_key=True)
    name = Column(Text)
    email = Column(Text)
    phone = Column(Text)
    active = Column(Boolean)
    orders = relationship('Order', back_populates='customer')

class Order(Base):
    __tablename__ = 'orders'
    id = Column(BigInteger, primary_key=True)
    customer_id = Column(ForeignKey('customers.id'))
    status = Column(Text, server_default='cart')
    placed_at = Column(DateTime(timezone=True), server_default=func.now())
    customer = relationship('Customer', back_populates='orders')

class Product(Base):
    __tablename__ = 'products'
    id = Column(BigInteger, primary_key=True)
    sku = Column(Text)
    name = Column(Text)
    price = Column(Numeric)
    stock = Column(Integer, server_default='0')

with Session(engine) as s:
    s.get(Customer, 1)
    s.execute(select(Customer).where(Customer.name.ilike('%oak%'), Customer.active).order_by(Customer.id.desc()).limit(10).offset(20)).all()
    s.execute(select(Customer).options(joinedload(Customer.orders)).where(Customer.id.in_([1, 2, 3]))).unique().all()
    s.execute(select(Customer).options(selectinload(Customer.orders)).where(Customer.id < 3)).all()
    s.execute(select(Order.status, func.count()).group_by(Order.status).having(func.count() > 1)).all()
    s.execute(select(func.date_trunc('week', Order.placed_at).label('w'), func.count()).group_by('w')).all()
    latest = select(Order.customer_id, func.max(Order.placed_at).label('last')).group_by(Order.customer_id).subquery()
    s.execute(select(Customer.name, latest.c.last).join(latest, latest.c.customer_id == Customer.id).limit(5)).all()
    tree = select(Product.id).where(Product.id == 1).cte('tree', recursive=True)
    tree = tree.union_all(select(Product.id).join(tree, Product.id == tree.c.id + 1).where(Product.id < 5))
    s.execute(select(tree)).all()
    s.execute(select(func.row_number().over(partition_by=Order.customer_id, order_by=Order.placed_at)).limit(3)).all()
    made = Customer(name='Alchemy', email='alchemy@example.com', active=True)
    s.add_all([made, Product(sku='A-1', name='one', price=1), Product(sku='A-2', name='two', price=2)])
    s.commit()
    made.phone = '+1 202 555 0106'
    for product in s.execute(select(Product).where(Product.sku.in_(['A-1', 'A-2'])).with_for_update(skip_locked=True)).scalars(): product.stock = 9
    s.commit()
    s.execute(update(Product).where(Product.sku == 'A-1').values(stock=Product.stock + 1))
    s.execute(upsert(Product).values(sku='A-1', name='one', price=1).on_conflict_do_update(index_elements=['sku'], set_={'price': 5}))
    s.execute(update(Order).where(Order.customer_id == Customer.id, Customer.email == 'nobody@example.com').values(status='cancelled').execution_options(synchronize_session=False))
    with s.begin_nested():
        s.execute(delete(Product).where(Product.sku.in_(['A-1', 'A-2'])))
    s.delete(made)
    s.commit()
    s.execute(delete(Order).where(Order.placed_at < datetime(1990, 1, 1)).execution_options(synchronize_session=False))
    s.execute(update(Product).values(stock=Product.stock))
    s.execute(text('SELECT name FROM customers WHERE id = :id'), {'id': 5}).all()
    s.commit()
with engine.connect().execution_options(isolation_level='SERIALIZABLE') as c: c.execute(text('select 1'))
with engine.connect().execution_options(stream_results=True) as c: list(c.execute(select(Product.id)))

# Reflection, which LangChain's SQLDatabase and Alembic's autogenerate are made of.
look = inspect(engine)
for table in look.get_table_names():
    look.get_columns(table), look.get_pk_constraint(table), look.get_foreign_keys(table), look.get_indexes(table), look.get_unique_constraints(table), look.get_check_constraints(table), look.get_table_comment(table)
look.get_view_names(), look.get_view_definition('active_customers'), look.get_schema_names(), look.get_sequence_names(), look.get_enums(), look.has_table('orders')
meta = MetaData(); meta.reflect(engine, views=True)
with engine.connect() as c: c.execute(text('SELECT * FROM customers LIMIT 3')).all()

# Alembic.
from alembic import command
from alembic.config import Config
shutil.rmtree('alembic-work', ignore_errors=True)
config = Config(); config.set_main_option('script_location', 'alembic-work'); config.set_main_option('sqlalchemy.url', url.replace('%', '%%'))
config.config_file_name = None
os.makedirs('alembic-work', exist_ok=True)
class Quiet(Config): pass
import alembic.util.messaging
command.init(Config('alembic-work.ini'), 'alembic-work')
open('alembic-work/env.py', 'w').write('''
from alembic import context
from sqlalchemy import create_engine, MetaData, Table, Column, Integer, Text, ForeignKey, BigInteger, Index, DateTime, func
m = MetaData()
Table('alembic_notes', m, Column('id', Integer, primary_key=True), Column('body', Text, nullable=False), Column('at', DateTime, server_default=func.now()), Index('alembic_notes_at', 'at'))
with create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as c:
    context.configure(connection=c, target_metadata=m, include_object=lambda o, name, kind, reflected, other: not reflected or name.startswith('alembic'), compare_type=True)
    with context.begin_transaction(): context.run_migrations()
''')
config = Config('alembic-work.ini'); config.set_main_option('sqlalchemy.url', url.replace('%', '%%')); config.set_main_option('script_location', 'alembic-work')
command.revision(config, 'notes', autogenerate=True)
command.upgrade(config, 'head')
command.current(config)
command.downgrade(config, 'base')
