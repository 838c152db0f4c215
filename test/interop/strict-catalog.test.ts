import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Side, type Sides, startSides } from './support/sides.ts';

let sides: Sides;
let owner: Client;
let client: Client;

async function connect({ url }: Side): Promise<Client> {
  const made = new Client({ connectionString: url });
  await made.connect();
  return made;
}

beforeAll(async () => {
  sides = await startSides({ target: ['catalog: strict'] });
  owner = await connect(sides.side('direct', 'gated'));
  client = await connect(sides.gate);
  await owner.query('CREATE TABLE calls (path text); CREATE TABLE drafts (id int)');
  await owner.query(`CREATE FUNCTION empties() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM payments; RETURN NEW; END'`);
});
afterAll(async () => {
  await client.end();
  await owner.end();
  await sides.stop();
});

const call = (): Promise<unknown> => client.query("INSERT INTO calls VALUES ('/')");

test('what was committed past the gate before a command was sent is seen by it, at once', async () => {
  const payments = (await owner.query('SELECT count(*) FROM payments')).rows;
  for (let round = 0; round < 10; round++) {
    await call();
    await owner.query('CREATE TRIGGER emptying BEFORE INSERT ON calls FOR EACH ROW EXECUTE FUNCTION empties()');
    await expect(call()).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('delete `table:public.payments`, all of it (through trigger:public.calls.emptying') as string });
    await owner.query('DROP TRIGGER emptying ON calls');
  }
  expect((await owner.query('SELECT count(*) FROM payments')).rows).toEqual(payments);
});

test('in a transaction with an old snapshot, too: the server resolves names by the newest catalog, whatever a query of the catalogs shows there', async () => {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await client.query('SELECT count(*) FROM products');
  await owner.query('ALTER TABLE calls RENAME TO old; ALTER TABLE drafts RENAME TO calls; CREATE TRIGGER emptying BEFORE INSERT ON calls FOR EACH ROW EXECUTE FUNCTION empties()');
  const { rows: [seen] } = await client.query<{ path: boolean }>("SELECT EXISTS (SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'calls' AND a.attname = 'path') AS path");
  expect(seen).toEqual({ path: true });
  await expect(client.query('SELECT id FROM calls')).resolves.toMatchObject({ rows: [] });
  await expect(client.query('INSERT INTO calls VALUES (1)')).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('through trigger:public.calls.emptying') as string });
  await client.query('ROLLBACK');
});
