import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from './cli-runner.ts';
import { type GatewayFolder, gatewayFolder } from './gateway-folder.ts';

const password = 'only for reading';

describe('a target that helps the gate', { timeout: 120_000 }, () => {
  let folder: GatewayFolder;
  const clients: Client[] = [];

  beforeAll(async () => {
    folder = await gatewayFolder(['reader: { role: shop_reader, password: { file: ./reader } }', 'enforce_reads: everywhere']);
    await writeFile(join(folder.dir, 'reader'), password, { mode: 0o600 });
    await folder.administer(`CREATE ROLE shop_reader LOGIN PASSWORD '${password}'; GRANT USAGE ON SCHEMA public TO shop_reader; GRANT SELECT ON customers TO shop_reader;
      CREATE SCHEMA shop_reader; CREATE TABLE shop_reader.own (a int); GRANT USAGE ON SCHEMA shop_reader TO shop_reader; GRANT SELECT ON shop_reader.own TO shop_reader;
      ALTER ROLE shop_reader CREATEDB`);
  }, 120_000);

  afterAll(async () => {
    await Promise.allSettled(clients.map((client) => client.end()));
    await folder.end();
  });

  async function connect(connectionString: string): Promise<Client> {
    const client = new Client({ connectionString });
    client.on('error', () => undefined);
    clients.push(client);
    await client.connect();
    return client;
  }

  test('who may only read logs in as the reader, and finds what the reader finds; others as before', async () => {
    const [rita, ada] = [await folder.createUser('rita', 'read'), await folder.createUser('ada')];
    await folder.start();
    const reading = await connect(rita);
    const writing = await connect(ada);
    expect((await reading.query('SELECT current_user::text AS who')).rows).toEqual([{ who: 'shop_reader' }]);
    expect((await writing.query('SELECT current_user::text AS who')).rows).not.toEqual([{ who: 'shop_reader' }]);
    // "$user" is another schema to each of them: had the gate read the names of one with the eyes of the other, it would refuse.
    expect((await reading.query('SELECT a FROM own')).rows).toEqual([]);
    await expect(writing.query('SELECT a FROM own')).rejects.toThrow('unknown-relation');
    expect((await writing.query('UPDATE customers SET name = name WHERE id = 1')).rowCount).toBe(1);
    await expect(reading.query('UPDATE customers SET name = name WHERE id = 1')).rejects.toMatchObject({ code: '42501' });
  });

  test('what policy lets a reader read, the target still holds to the role', async () => {
    const [reading] = clients;
    expect((await reading?.query('SELECT id FROM customers WHERE id = 1'))?.rowCount).toBe(1);
    await expect(reading?.query('SELECT id FROM orders WHERE id = 1')).rejects.toMatchObject({ code: '42501', message: 'permission denied for table orders' });
  });

  test('reads and writes take turns in a transaction', async () => {
    const [, writing] = clients;
    for (const text of ['BEGIN', 'SELECT name FROM customers WHERE id = 1', 'UPDATE customers SET name = name WHERE id = 1', 'SELECT name FROM customers WHERE id = 1', 'COMMIT']) await writing?.query(text);
    expect((await writing?.query('SHOW transaction_read_only'))?.rows).toEqual([{ transaction_read_only: 'off' }]);
  });

  test('what weakens it is told, with the mend, and recorded', async () => {
    const status = await cli(folder.dir, ['status']);
    expect([status.code, status.out]).toEqual([0, expect.stringMatching(/ok {4}strength of shop\/\w+: the role "shop_reader" has CREATEDB: .*; ALTER ROLE "shop_reader" NOCREATEDB/)]);
    const log = await cli(folder.dir, ['log', 'show', '--json']);
    expect(log.out).toContain('"kind":"target-examined"');
    expect(log.out).toContain('has CREATEDB');
  });
});
