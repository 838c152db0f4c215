import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packaged } from '../../examples/support/postgres-binaries.ts';
import { clientProgram, debianServer, libpq, run } from './support/client-program.ts';
import { expectSame } from './support/same.ts';
import { type Side, type Sides, startSides, tlsFolder } from './support/sides.ts';

/** PostgreSQL 18's libpq, which comes with npm's server. */
const library = join(packaged()[0] ?? '/nonexistent', '../lib');
const client = clientProgram('psql', 'psql', debianServer, join(library, 'libpq.so.5'));

const file = (name: string): string => join(tlsFolder, name);
const newest = (side: Side): Record<string, string> => ({ ...libpq(side), LD_LIBRARY_PATH: library });

/** Debian's psql with that library: what it asks of libpq is older, what libpq says to a server is new. */
describe.skipIf(client.missing !== '')(`libpq 18 under psql${client.missing}`, () => {
  let sides: Sides;
  beforeAll(async () => { sides = await startSides(); });
  afterAll(async () => { await sides.stop(); });

  test.each(['3.0', '3.2', 'latest'])('a session\'s work in protocol %s', async (version) => {
    await expectSame(sides, async (side) => run('psql', ['-XAt', '-v', 'VERBOSITY=verbose', `max_protocol_version=${version}`], newest(side), `
      SELECT current_user <> '', count(*) FROM customers;
      BEGIN; UPDATE products SET stock = 7 WHERE sku = 'BOW-BLU' RETURNING stock; SELECT 1/0; ROLLBACK;
      \\copy (SELECT id, sku FROM products ORDER BY id) to stdout csv
      SELECT name FROM customers WHERE id = 1 \\g
    `));
  });

  test('a client that will speak nothing older than 3.2', async () => {
    // Whichever the target speaks.
    const { code, out, err } = await run('psql', ['-XAtc', 'SELECT 1', 'min_protocol_version=3.2 max_protocol_version=3.2'], newest(sides.gate));
    expect([code, out, err]).toEqual([0, '1\n', '']);
  });

  test.each(['3.0', '3.2'])('its cancel, with the key of protocol %s', async (version) => {
    // timeout(1) sends psql alone what Ctrl-C sends; 124 is its own way to say so.
    const { code, err } = await expectSame(sides, (side) => run('timeout', ['--foreground', '-s', 'INT', '1', 'psql', '-XAtc', 'SELECT pg_sleep(30)', `max_protocol_version=${version}`], newest(side)));
    expect([code, err]).toEqual([124, expect.stringContaining('canceling statement due to user request')]);
  });

  test('a refusal', async () => {
    const { err } = await run('psql', ['-Xc', 'DROP TABLE customers', 'max_protocol_version=3.2'], newest(sides.gate));
    expect(err).toContain('refused:');
  });

  test('what it asks of a login and of TLS', async () => {
    const secure = await startSides({ target: [`tls: { cert: ${file('server.crt')}, key: ${file('server.key')}, required: true }`] });
    try {
      for (const settings of ['', 'sslnegotiation=direct', 'channel_binding=require', 'require_auth=scram-sha-256 sslnegotiation=direct channel_binding=require max_protocol_version=3.2']) {
        const { out, err } = await run('psql', ['-XAtc', 'SELECT count(*) FROM customers', `sslmode=verify-full sslrootcert=${file('ca.crt')} ${settings}`], newest(secure.gate));
        expect([settings, out, err]).toEqual([settings, '120\n', '']);
      }
    } finally {
      await secure.stop();
    }
  });
});
