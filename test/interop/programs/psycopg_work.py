"""What an application does with psycopg 3; writes what it saw as JSON."""
import json
import sys

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

seen = []


def see(value):
    seen.append(json.loads(json.dumps(value, default=str)))


def failure(act):
    try:
        act()
        return None
    except psycopg.Error as error:
        return [type(error).__name__, error.sqlstate, error.diag.message_primary, error.diag.constraint_name]


with psycopg.connect("", application_name="interop", autocommit=False) as connection:
    see([connection.info.encoding, connection.info.parameter_status("standard_conforming_strings")])
    # Prepared by the driver from the fifth time on.
    for n in range(8):
        see(connection.execute("SELECT name, birth_date FROM customers WHERE id = %s", (n,)).fetchone())
    for binary in (False, True):
        with connection.cursor(binary=binary) as cursor:
            cursor.execute("SELECT 1::int2, 2::int8, 1.5::float8, 3.14::numeric, true, 'x'::text, '2025-01-02'::date, '{1,2}'::int[], '{\"a\": 1}'::jsonb, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, %s::bytea, now() > '2020-01-01'", (b"\0\xff",))
            see(cursor.fetchone())
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO products (sku, name, price) VALUES (%s, %s, %s) RETURNING sku", [(f"P3-{n}", "p", n) for n in range(30)], returning=True)
        rows = [cursor.fetchone()]
        while cursor.nextset():
            rows.append(cursor.fetchone())
        see(rows)

    def inner_transaction():
        with connection.transaction():
            connection.execute("SELECT 1/0")

    with connection.transaction():
        see(failure(inner_transaction))
        see(connection.execute("SELECT 'still here'").fetchone())
    connection.rollback()
    with connection.pipeline() as pipeline:
        first = connection.execute("SELECT count(*) FROM orders")
        second = connection.execute("INSERT INTO products (sku, name, price) VALUES (%s, 'pipe', 1) RETURNING sku", ("P3-pipe",))
        pipeline.sync()
        third = connection.execute("SELECT %s::jsonb", (Jsonb({"a": "é"}),))
        see([first.fetchone(), second.fetchone(), third.fetchone()])
    connection.commit()

    def broken_pipeline():
        with connection.pipeline():
            connection.execute("SELECT 1")
            connection.execute("SELECT 1/0")
            connection.execute("SELECT 2")

    see(failure(broken_pipeline))
    connection.rollback()
    with connection.cursor(name="server_side", row_factory=dict_row, scrollable=True) as cursor:
        cursor.itersize = 50
        cursor.execute("SELECT id, status::text FROM orders ORDER BY id")
        see([cursor.fetchmany(2), len(cursor.fetchall())])
    with connection.cursor() as cursor:
        with cursor.copy("COPY (SELECT id, sku FROM products ORDER BY id) TO STDOUT") as copy:
            see(b"".join(bytes(block) for block in copy).decode())
        with cursor.copy("COPY visits (at, path, address) FROM STDIN") as copy:
            for n in range(1000):
                copy.write_row(("2025-08-01 00:00:00+00", f"/p3/{n}", "192.0.2.4"))
        with cursor.copy("COPY products (sku, name, price) FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["text", "text", "numeric"])
            copy.write_row(("P3-bin", "binary", 2))
        cursor.execute("SELECT count(*) FROM visits WHERE path LIKE '/p3/%'")
        see(cursor.fetchone())
    connection.commit()
    see(failure(lambda: connection.execute("INSERT INTO products (sku, name, price) VALUES ('P3-bin', 'x', 1)")))
    see(failure(lambda: connection.execute("SELECT 1")))

with psycopg.connect("", autocommit=True) as connection:
    connection.add_notify_handler(lambda notify: see([notify.channel, notify.payload]))
    connection.execute("LISTEN news")
    connection.execute("NOTIFY news, 'psycopg'")
    see(failure(lambda: connection.execute("SET statement_timeout = 50") and connection.execute("SELECT pg_sleep(20)")))
json.dump(seen, sys.stdout, ensure_ascii=False)
