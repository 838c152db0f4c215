"""What an application does with psycopg2; writes what it saw as JSON, without what may differ between two servers."""
import io
import json
import sys

import psycopg2
import psycopg2.extensions
import psycopg2.extras
import psycopg2.pool

seen = []


def see(value):
    seen.append(json.loads(json.dumps(value, default=str)))


def failure(act):
    try:
        act()
        return None
    except psycopg2.Error as error:
        return [type(error).__name__, error.pgcode, error.diag.message_primary, error.diag.message_detail, error.diag.constraint_name]


with psycopg2.connect("", application_name="interop") as connection:
    see([connection.encoding, connection.server_version, connection.get_parameter_status("standard_conforming_strings")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, birth_date, active, created_at FROM customers WHERE id = %s", (4,))
        see([cursor.fetchone(), [(column.name, column.type_code) for column in cursor.description]])
        cursor.executemany("INSERT INTO products (sku, name, price) VALUES (%s, %s, %s)", [(f"PY-{n}", f"py {n}", n / 4) for n in range(20)])
        see(cursor.rowcount)
        psycopg2.extras.execute_values(cursor, "INSERT INTO products (sku, name, price) VALUES %s RETURNING sku", [(f"PV-{n}", "v", 1) for n in range(250)], page_size=100)
        psycopg2.extras.execute_batch(cursor, "UPDATE products SET stock = stock + %s WHERE sku = %s", [(n, f"PV-{n}") for n in range(50)])
        cursor.execute("SELECT count(*), sum(stock) FROM products WHERE sku LIKE 'PV-%'")
        see(cursor.fetchone())
        cursor.execute("SELECT %s::bytea, %s::jsonb, %s::text[], %s::numeric, %s", (psycopg2.Binary(b"\0\xff"), psycopg2.extras.Json({"a": ["é", None]}), ["x", None], "1.50", "it's"))
        row = cursor.fetchone()
        see([bytes(row[0]).hex(), *row[1:]])
    connection.commit()
    with connection.cursor("server_side", scrollable=True) as cursor:
        cursor.itersize = 70
        cursor.execute("SELECT id FROM orders ORDER BY id")
        see([cursor.fetchmany(3), len(cursor.fetchall())])
        cursor.scroll(0, mode="absolute")
        see([row[0] for row in cursor][-1])
    see(failure(lambda: connection.cursor().execute("INSERT INTO products (sku, name, price) VALUES ('PV-1', 'x', 1)")))
    see(failure(lambda: connection.cursor().execute("SELECT 1")))
    connection.rollback()
    with connection.cursor() as cursor:
        out = io.StringIO()
        cursor.copy_expert("COPY (SELECT sku, price FROM products ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER)", out)
        see(out.getvalue())
        cursor.copy_from(io.StringIO("".join(f"2025-07-01 00:00:00+00\t\\N\t/py/{n}\t192.0.2.3\n" for n in range(2000))), "visits", columns=("at", "customer_id", "path", "address"))
        see(cursor.rowcount)
        cursor.callproc("customer_spend", (3,))
        see(cursor.fetchone())
    connection.commit()

# Leaving `with` commits, but does not close.
connection.set_session(isolation_level="SERIALIZABLE", readonly=True, deferrable=True)
with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
    cursor.execute("SELECT status::text, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1")
    see(cursor.fetchall())
    see(failure(lambda: cursor.execute("DELETE FROM visits WHERE path = '/none'")))
connection.rollback()
connection.set_session(isolation_level="DEFAULT", readonly="DEFAULT", deferrable="DEFAULT", autocommit=True)
with connection.cursor() as cursor:
    cursor.execute("LISTEN news")
    cursor.execute("NOTIFY news, 'from python'")
    connection.poll()
    see([[notice.channel, notice.payload] for notice in connection.notifies])
    cursor.execute("DO $$ BEGIN RAISE NOTICE 'hello'; END $$")
    see(connection.notices[-1:])
connection.reset()
see(connection.get_transaction_status())
connection.close()

pool = psycopg2.pool.ThreadedConnectionPool(1, 3, "")
one, two = pool.getconn(), pool.getconn()
with one.cursor() as a, two.cursor() as b:
    a.execute("SELECT pg_advisory_lock(7), 1")
    b.execute("SELECT pg_try_advisory_lock(7)")
    see(b.fetchone())
pool.closeall()

late = psycopg2.connect("")
see(failure(lambda: late.cursor().execute("SET statement_timeout = 50; SELECT pg_sleep(20)")))
late.close()
json.dump(seen, sys.stdout, ensure_ascii=False)
