import os, sys, types
from datetime import datetime, timedelta, timezone
from io import StringIO
import django
from django.conf import settings

settings.configure(
    DATABASES={'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['PGDATABASE'], 'USER': os.environ['PGUSER'], 'PASSWORD': os.environ['PGPASSWORD'], 'HOST': os.environ['PGHOST'], 'PORT': os.environ['PGPORT']}},
    INSTALLED_APPS=['django.contrib.contenttypes', 'django.contrib.auth', 'django.contrib.sessions', 'django.contrib.admin', 'django.contrib.messages', 'django.contrib.postgres'], USE_TZ=True, DEFAULT_AUTO_FIELD='django.db.models.BigAutoField', SECRET_KEY='corpus')
django.setup()
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, Sum, Window
from django.db.models.functions import RowNumber, TruncDay
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector


class Customer(models.Model):
    name = models.TextField()
    email = models.TextField(unique=True)
    phone = models.TextField(null=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    class Meta: app_label, db_table, managed = 'shop', 'customers', False

class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name='orders')
    status = models.TextField(default='cart')
    placed_at = models.DateTimeField(auto_now_add=True)
    class Meta: app_label, db_table, managed = 'shop', 'orders', False

class Product(models.Model):
    sku = models.TextField(unique=True)
    name = models.TextField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    stock = models.IntegerField(default=0)
    class Meta: app_label, db_table, managed = 'shop', 'products', False

class Article(models.Model):
    id = models.UUIDField(primary_key=True)
    slug = models.TextField()
    title = models.TextField()
    body = models.TextField()
    meta = models.JSONField()
    class Meta: app_label, db_table, managed = 'shop', 'articles', False


Customer.objects.get(pk=1)
list(Customer.objects.filter(name__icontains='oak', active=True).order_by('-id')[20:30])
list(Customer.objects.filter(id__lte=5).prefetch_related('orders'))
list(Order.objects.select_related('customer').filter(customer__email='x@example.com').exclude(status='cancelled')[:5])
list(Order.objects.values('status').annotate(n=Count('id'), last=models.Max('placed_at')).order_by('status'))
list(Order.objects.annotate(day=TruncDay('placed_at')).values('day').annotate(n=Count('*')).order_by('day'))
list(Order.objects.annotate(r=Window(RowNumber(), partition_by=[F('customer_id')], order_by=F('placed_at').desc()))[:10])
list(Customer.objects.filter(Exists(Order.objects.filter(customer=OuterRef('pk'), status='paid'))).values_list('id', flat=True)[:10])
list(Article.objects.annotate(rank=SearchRank(SearchVector('title', 'body'), SearchQuery('oak'))).order_by('-rank')[:5])
list(Article.objects.filter(meta__words=3))
Order.objects.filter(Q(status='paid') | Q(id__lt=5)).exists()
Customer.objects.count()
Product.objects.aggregate(Avg('price'), Sum('stock'))
made = Customer.objects.create(name='Django', email='django@example.com')
made.phone = '+1 202 555 0105'
made.save()
Product.objects.bulk_create([Product(sku='G-1', name='one', price=1), Product(sku='G-2', name='two', price=2)])
Product.objects.bulk_create([Product(sku='G-1', name='one', price=1)], ignore_conflicts=True)
products = list(Product.objects.filter(sku__in=['G-1', 'G-2']))
for product in products: product.stock = 4
Product.objects.bulk_update(products, ['stock'])
Product.objects.filter(sku='G-1').update(stock=F('stock') + 1)
Product.objects.update_or_create(sku='G-1', defaults={'name': 'uno'})
Product.objects.get_or_create(sku='G-3', defaults={'name': 'three', 'price': 3})
with transaction.atomic():
    Product.objects.select_for_update(skip_locked=True).filter(sku='G-1').first()
    with transaction.atomic():
        Product.objects.filter(sku__in=['G-1', 'G-2', 'G-3']).delete()
made.delete()
Order.objects.filter(placed_at__lt=datetime.now(timezone.utc) - timedelta(days=9000)).delete()
Product.objects.filter(stock__lt=-5).update(stock=0)
Product.objects.update(stock=F('stock') + 0)
list(Customer.objects.raw('SELECT id, name FROM customers WHERE id = %s', [5]))
for row in Product.objects.iterator(chunk_size=10): pass

# manage.py: migrate, inspectdb, the admin's lists, sessions.
call_command('migrate', verbosity=0)
call_command('inspectdb', stdout=StringIO())
call_command('showmigrations', stdout=StringIO())
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
user = User.objects.create_user('ada', password='x')
user.groups.add(Group.objects.create(name='staff'))
user.has_perm('auth.add_user')
session = SessionStore(); session['a'] = 1; session.save()
call_command('clearsessions')
call_command('sqlsequencereset', 'auth', stdout=StringIO())
class Note(models.Model):
    body = models.TextField(db_index=True)
    author = models.ForeignKey(User, models.CASCADE)
    class Meta: app_label, db_table = 'shop', 'django_notes'
with connection.schema_editor() as editor: editor.create_model(Note)
with connection.schema_editor() as editor:
    field = models.IntegerField(default=0); field.set_attributes_from_name('pinned'); editor.add_field(Note, field)
with connection.schema_editor() as editor: editor.delete_model(Note)
call_command('flush', interactive=False, verbosity=0)
