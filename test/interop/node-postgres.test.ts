import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Client, DatabaseError, Pool, types, type QueryConfig, type QueryResult } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectSame } from './support/same.ts';
import { type Side, type Sides, startSides } from './support/sides.ts';

let sides: Sides;
beforeAll(async () => { sides = await startSides(); });
afterAll(async () => { await sides.stop(); });

async function connected<T>({ url }: Side, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'interop' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** What of a result can be the same: rows, and what describes them. */
function shown({ command, rowCount, rows, fields }: QueryResult): unknown {
  return { command, rowCount, rows: rows as unknown, fields: fields.map(({ name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, format }) => [name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, format]) };
}

/** What of an error the server says, less the source line that it comes from. */
async function failure(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(() => undefined, (reason: unknown) => reason);
  if (!(error instanceof DatabaseError)) return error;
  const { message, severity, code, detail, hint, position, where, schema, table, column, constraint, dataType } = error;
  return { message, severity, code, detail, hint, position, where, schema, table, column, constraint, dataType };
}

test('simple queries, one and several', async () => {
  const results = await expectSame(sides, (side) => connected(side, async (client) => {
    const one = await client.query('SELECT id, name, email, birth_date::text, active FROM customers ORDER BY id LIMIT 5');
    const many = await client.query('SELECT count(*) FROM orders; SELECT status, count(*) FROM orders GROUP BY status ORDER BY status; SELECT 1 WHERE false') as unknown as QueryResult[]; // the type does not know several
    const empty = await client.query('');
    return [one, ...many, empty].map(shown);
  }));
  expect(results).toHaveLength(5);
});

test('parameters, statements by name, and their use again', async () => {
  await expectSame(sides, (side) => connected(side, async (client) => {
    const found = [];
    for (const id of [1, 2, 3, 4, 5, 6, 7]) found.push(shown(await client.query({ name: 'customer', text: 'SELECT id, name FROM customers WHERE id = $1', values: [id] })));
    for (const id of [1, 2]) found.push(shown(await client.query('SELECT name, $2::int + 1 AS next FROM customers WHERE id = $1', [id, 41])));
    found.push(shown(await client.query({ text: 'SELECT id, price FROM products WHERE id = ANY($1) ORDER BY id', values: [[1, 2, 3]], rowMode: 'array' })));
    found.push(shown(await client.query('SELECT * FROM customers WHERE name ILIKE $1 AND ($2::boolean IS NULL OR active = $2) ORDER BY id', ['ada%', null])));
    return found;
  }));
});

test('changes by patterns, ranges and optional filters pass or not by the values that are bound', async () => {
  await expectSame(sides, (side) => connected(side, async (client) => {
    const changed = [];
    await client.query('BEGIN');
    changed.push(shown(await client.query('UPDATE products SET stock = stock + 1 WHERE sku LIKE $1', ['PV-%'])));
    changed.push(shown(await client.query('UPDATE products SET stock = stock + 1 WHERE id BETWEEN $1 AND $2', [1, 3])));
    changed.push(shown(await client.query('UPDATE products SET stock = stock + 1 WHERE ($1::bigint IS NULL OR id = $1::bigint)', [2])));
    changed.push(shown(await client.query({ name: 'aged', text: 'UPDATE orders SET status = status WHERE placed_at < $1', values: [new Date('2019-01-01')] })));
    await client.query('ROLLBACK');
    return changed;
  }));
  await connected(sides.gate, async (client) => {
    for (const [text, values] of [
      ['UPDATE products SET stock = 0 WHERE sku LIKE $1', ['%']], ['UPDATE products SET stock = 0 WHERE id BETWEEN $1 AND $2', [1, 1_000_000]],
      ['UPDATE products SET stock = 0 WHERE ($1::bigint IS NULL OR id = $1::bigint)', [null]], ['UPDATE orders SET status = status WHERE placed_at < $1', [new Date('2999-01-01')]],
    ] as const) await expect(client.query(text, [...values])).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('held for approval') });
  });
});

test('a statement of PREPARE passes or not by the constants that EXECUTE gives', async () => {
  await expectSame(sides, (side) => connected(side, async (client) => {
    await client.query('BEGIN');
    await client.query("PREPARE stocked (bigint) AS UPDATE products SET stock = stock + 1 WHERE id = $1 OR sku LIKE $2");
    const changed = [shown(await client.query("EXECUTE stocked (1, 'PV-%')")), shown(await client.query("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) EXECUTE stocked (1, 'PV-%')"))];
    await client.query('ROLLBACK; DEALLOCATE stocked');
    return changed;
  }));
  await connected(sides.gate, async (client) => {
    await client.query("PREPARE stocked (bigint) AS UPDATE products SET stock = stock + 1 WHERE id = $1 OR sku LIKE $2");
    await client.query("EXECUTE stocked (1, 'PV-%')");
    const refused = { code: '42501', message: expect.stringContaining('held for approval') };
    for (const text of ["EXECUTE stocked (1, '%')", "EXECUTE stocked (1, lower('PV-%'))", "EXPLAIN ANALYZE EXECUTE stocked (1, '%')"]) await expect(client.query(text)).rejects.toMatchObject(refused);
    await expect(client.query('PREPARE all_stock AS UPDATE products SET stock = 0')).rejects.toMatchObject(refused);
    await expect(client.query("PREPARE other (bigint) AS UPDATE products SET stock = 0 WHERE id = $1 OR true; UPDATE products SET stock = 0")).rejects.toMatchObject(refused);
  });
});

test('types in text and in binary', async () => {
  const query = `SELECT 1::smallint, 2::integer, 3::bigint, 1.5::real, 2.5::double precision, 3.14::numeric(5,2), true, 'x'::text, 'y'::varchar(3), 'z'::char(3), '\\x00ff'::bytea,
    '2025-01-02'::date, '03:04:05'::time, '2025-01-02 03:04:05+00'::timestamptz, '1 day 2 hours'::interval, '{"a": [1, null]}'::json, '{"b": {"c": 2}}'::jsonb,
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '192.0.2.1'::inet, '{1,2,NULL}'::int[], '{a,"b c"}'::text[], int4range(1, 5), 'paid'::order_status, NULL::text, ROW(1, 'x'), point(1, 2), 'NaN'::float8, 'infinity'::timestamptz`;
  // The bytes as the server sent them.
  const raw: QueryConfig & { readonly binary: true } = { text: query, values: [], binary: true, types: { getTypeParser: () => (value: unknown) => Buffer.isBuffer(value) ? value.toString('hex') : value } };
  await expectSame(sides, (side) => connected(side, async (client) => [
    shown(await client.query(query)),
    shown(await client.query(raw)),
    shown(await client.query({ text: 'SELECT $1::bytea AS b, $2::jsonb AS j, $3::timestamptz AS t, $4::text[] AS a', values: [Buffer.from([0, 1, 255]), { deep: [1, 'é'] }, new Date(0), ['x', null, '"']], types })),
  ]));
});

test('transactions: commit, rollback, savepoints, and what follows an error', async () => {
  const seen = await expectSame(sides, (side) => connected(side, async (client) => {
    const found: unknown[] = [];
    await client.query('BEGIN');
    found.push(shown(await client.query("INSERT INTO customers (name, email) VALUES ('Zoe Alder', $1) RETURNING id, name, active", ['zoe@example.com'])));
    found.push(shown(await client.query('UPDATE products SET stock = stock + 1 WHERE id = $1 RETURNING stock', [3])));
    await client.query('SAVEPOINT here');
    found.push(await failure(client.query("INSERT INTO customers (name, email) VALUES ('Twice', 'zoe@example.com')")));
    found.push(await failure(client.query('SELECT 1')));
    await client.query('ROLLBACK TO here');
    found.push(shown(await client.query('SELECT count(*)::int FROM customers')));
    await client.query('COMMIT');
    await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY');
    found.push(await failure(client.query('DELETE FROM visits WHERE path = $1', ['/none'])));
    found.push(shown(await client.query('COMMIT')));
    await client.query('BEGIN');
    found.push(shown(await client.query('DELETE FROM customers WHERE id = $1 RETURNING name', [7])));
    await client.query('ROLLBACK');
    found.push(shown(await client.query('SELECT name FROM customers WHERE id = 7')));
    return found;
  }));
  expect(seen).toHaveLength(9);
});

test('errors come with every field', async () => {
  const errors = await expectSame(sides, (side) => connected(side, async (client) => [
    await failure(client.query('SELECT 1/0')),
    await failure(client.query('SELECT $1::int', ['not a number'])),
    await failure(client.query("INSERT INTO products (sku, name, price) VALUES ('X', 'x', -1)")),
    await failure(client.query("INSERT INTO products (sku, name, price) VALUES (NULL, 'x', 1)")),
    await failure(client.query('INSERT INTO addresses (customer_id, street, city, postcode, country) VALUES (999999, $1, $1, $1, $2)', ['x', 'US'])),
    await failure(client.query('SELECT cancel_order(id) FROM orders WHERE status = $1 AND id = (SELECT min(id) FROM orders WHERE status = $1)', ['shipped'])),
    await failure(client.query('SELECT nosuchcolumn FROM customers')),
    shown(await client.query('SELECT 1 AS still_there')),
  ]));
  expect(errors.slice(0, 7).map((error) => (error as { code: string }).code)).toEqual(['22012', '22P02', '23514', '23502', '23503', 'P0001', '42703']);
});

test('notices, notifications', async () => {
  const heard = await expectSame(sides, (side) => connected(side, async (client) => {
    const notices: unknown[] = [];
    client.on('notice', ({ severity, code, message }) => notices.push({ severity, code, message }));
    await client.query('ROLLBACK');
    await client.query('LISTEN restocked');
    const told = once(client, 'notification');
    await connected(side, async (other) => { await other.query("SELECT pg_notify('restocked', $1)", ['lamp']); });
    const [{ channel, payload }] = await told as [{ channel: string; payload: string }];
    await client.query("NOTIFY restocked, 'chair'");
    await client.query('UNLISTEN *');
    return { notices, channel, payload };
  }));
  expect(heard).toEqual({ notices: [{ severity: 'WARNING', code: '25P01', message: 'there is no transaction in progress' }], channel: 'restocked', payload: 'lamp' });
});

test('COPY out and in', async () => {
  await expectSame(sides, (side) => connected(side, async (client) => {
    const out = await text(client.query(copyTo('COPY (SELECT id, name, price FROM products ORDER BY id) TO STDOUT (FORMAT csv, HEADER)')));
    const rows = Array.from({ length: 5_000 }, (_, index) => `2025-05-01 00:00:00+00\t\\N\t/copied/${index}\t192.0.2.9\n`);
    await pipeline(Readable.from(rows), client.query(copyFrom('COPY visits (at, customer_id, path, address) FROM STDIN')));
    const bad = await failure(pipeline(Readable.from(['not a row\n']), client.query(copyFrom('COPY visits FROM STDIN'))));
    return [out, bad, shown(await client.query("SELECT count(*)::int, min(path), max(path) FROM visits WHERE path LIKE '/copied/%'"))];
  }));
});

test('cursors of the protocol and of SQL', async () => {
  await expectSame(sides, (side) => connected(side, async (client) => {
    const cursor = client.query(new Cursor<{ id: string }>('SELECT id FROM orders WHERE id > $1 ORDER BY id', [10]));
    const pages = [];
    for (let page = await cursor.read(120); page.length > 0; page = await cursor.read(120)) pages.push(page.length, page[0]?.id);
    const early = client.query(new Cursor('SELECT generate_series(1, 1000000)'));
    pages.push((await early.read(3)).length);
    await early.close();
    await client.query('BEGIN; DECLARE walk SCROLL CURSOR FOR SELECT id FROM customers ORDER BY id');
    for (const step of ['FETCH 3 FROM walk', 'FETCH BACKWARD 1 FROM walk', 'MOVE 10 IN walk', 'FETCH NEXT FROM walk', 'CLOSE walk']) pages.push(shown(await client.query(step)));
    await client.query('COMMIT');
    return pages;
  }));
});

test('a pool under load, and what its users leave behind', async () => {
  await expectSame(sides, async ({ url }) => {
    const pool = new Pool({ connectionString: url, max: 4, idleTimeoutMillis: 0, allowExitOnIdle: true });
    try {
      const sums = await Promise.all(Array.from({ length: 40 }, async (_, index) => (await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM orders WHERE customer_id = $1', [index + 1])).rows[0]?.n));
      const client = await pool.connect();
      await client.query("SET search_path = pg_catalog; SET statement_timeout = '5s'");
      await client.query('DISCARD ALL');
      const after = [(await client.query('SHOW search_path')).rows, (await client.query('SHOW statement_timeout')).rows, (await client.query('SELECT count(*)::int FROM customers WHERE id <= 100')).rows];
      client.release();
      return [sums, after];
    } finally {
      await pool.end();
    }
  });
});

test('answers of many megabytes, in and out', async () => {
  await expectSame(sides, (side) => connected(side, async (client) => {
    const large = 'x'.repeat(3_000_000);
    const { rows } = await client.query<{ echo: string }>('SELECT $1::text AS echo', [large]);
    const many = await client.query<{ n: number; pad: string }>("SELECT n, repeat('y', 200) AS pad FROM generate_series(1, 50000) AS n");
    return [rows[0]?.echo === large, many.rows.length, many.rows.at(-1)];
  }));
});

test('a query that is cancelled, and a session that goes on', async () => {
  await expectSame(sides, (side) => connected(side, async (client) => {
    await client.query("SET statement_timeout = '50ms'");
    const late = await failure(client.query('SELECT pg_sleep(20)'));
    await client.query('RESET statement_timeout');
    return [late, shown(await client.query('SELECT 1'))];
  }));
});
