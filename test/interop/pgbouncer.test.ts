import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { clientProgram, debianServer, libpq, run } from './support/client-program.ts';
import { type Pgbouncer, startPgbouncer } from './support/pgbouncer.ts';
import { type Side, type Sides, startSides } from './support/sides.ts';

const pgbouncer = clientProgram('pgbouncer', '/usr/sbin/pgbouncer', 'psql', debianServer);

/** A transaction, a session's setting where it is kept, an error, and many at once. */
async function work({ url }: Side): Promise<unknown[]> {
  const seen: unknown[] = [];
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  seen.push((await client.query('SELECT name FROM customers WHERE id = $1', [3])).rows);
  seen.push((await client.query('UPDATE products SET stock = stock + 1 WHERE id = 3')).rowCount);
  seen.push(await client.query('SELECT 1/0').then(() => undefined, (error: unknown) => String(error)));
  await client.query('ROLLBACK');
  seen.push(await client.query('DROP TABLE customers').then(() => 'dropped', (error: unknown) => error instanceof Error && 'code' in error ? error.code : error));
  await client.end();
  const clients = await Promise.all(Array.from({ length: 12 }, async () => {
    const one = new Client({ connectionString: url });
    await one.connect();
    const { rows } = await one.query<{ n: number }>('SELECT count(*)::int AS n FROM orders');
    await one.end();
    return rows[0]?.n;
  }));
  return [...seen, new Set(clients)];
}

const expected = [[{ name: 'Dara Dogwood' }], 1, 'error: division by zero', '42501', new Set([300])];

describe.skipIf(pgbouncer.missing !== '')(`pgbouncer${pgbouncer.missing}`, () => {
  const running: Pgbouncer[] = [];
  afterEach(async () => { for (const one of running.splice(0)) await one.stop(); });

  describe('between clients and the gate', () => {
    let sides: Sides;
    beforeAll(async () => { sides = await startSides({ server: { bin: debianServer } }); });
    afterAll(async () => { await sides.stop(); });

    test.each(['session', 'transaction'] as const)('%s pooling', async (mode) => {
      const bouncer = await startPgbouncer(sides.gate, mode);
      running.push(bouncer);
      expect(await work(bouncer.side)).toEqual(expected);
      expect(await run('psql', ['-XAtc', 'SET statement_timeout = 5000', '-c', 'SELECT count(*) FROM customers'], libpq(bouncer.side))).toEqual({ code: 0, out: 'SET\n120\n', err: '' });
    });
  });

  test('between the gate and the server, session pooling, told to pass over what it does not know', async () => {
    const sides = await startSides({
      server: { bin: debianServer },
      between: async (server) => {
        const bouncer = await startPgbouncer(server, 'session', ['max_client_conn = 100', 'ignore_startup_parameters = backslash_quote, transform_null_equals, array_nulls, statement_timeout'], 30);
        running.push(bouncer);
        return bouncer.side.port;
      },
    });
    try {
      expect(await work(sides.gate)).toEqual(expected);
    } finally {
      await sides.stop();
    }
  });
});
