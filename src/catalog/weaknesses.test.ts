import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../examples/support/postgres-server.ts';
import { connect, servers } from '../../test/support/servers.ts';
import { readWeaknesses } from './weaknesses.ts';

describe.each(servers)('$name', ({ options }) => {
  let server: PostgresServer;
  let admin: Client;
  beforeAll(async () => {
    server = await startPostgres({ auth: 'trust', ...options });
    admin = await connect(server.connectionString());
  });
  afterAll(async () => {
    await admin.end();
    await server.stop();
  });

  async function of(role: string): Promise<readonly string[]> {
    const url = new URL(server.connectionString());
    url.username = role;
    const client = new Client({ connectionString: url.href });
    await client.connect();
    try {
      // That the server is old is so for every role, and told beside.
      return (await readWeaknesses(client)).map(({ what }) => what).filter((what) => !what.startsWith('the server is older'));
    } finally {
      await client.end();
    }
  }

  test('a role with the rights it needs and no more is not weak', async () => {
    await admin.query(`CREATE TABLE kept (a int); CREATE ROLE plain LOGIN; GRANT SELECT, INSERT ON kept TO plain; ${Number.parseInt(server.version) < 14 ? '' : 'GRANT pg_read_all_data TO plain'}`);
    expect(await of('plain')).toEqual([]);
  });

  test('a superuser is told once', async () => {
    await admin.query('CREATE ROLE "the ""boss" LOGIN SUPERUSER');
    expect(await of('the "boss')).toEqual(['the role "the ""boss" is a superuser: no right of the target\'s holds it, and it reaches files and programs of the host']);
  });

  test.each([
    ['CREATE ROLE r1 LOGIN; CREATE ROLE almighty SUPERUSER; GRANT almighty TO r1', 'can become a superuser (almighty)'],
    ['CREATE ROLE r2 LOGIN NOINHERIT; CREATE ROLE g2; GRANT pg_read_server_files, pg_execute_server_program TO g2; GRANT g2 TO r2', 'has pg_execute_server_program, pg_read_server_files'],
    ['CREATE ROLE r3 LOGIN BYPASSRLS', 'BYPASSRLS'], ['CREATE ROLE r4 LOGIN CREATEROLE', 'CREATEROLE'], ['CREATE ROLE r5 LOGIN CREATEDB', 'CREATEDB'],
    ['CREATE ROLE r6 LOGIN REPLICATION', 'REPLICATION'], ['CREATE ROLE r7 LOGIN; CREATE TABLE owned (a int); ALTER TABLE owned OWNER TO r7', 'owns 1 tables and views'],
    ["CREATE ROLE r8 LOGIN; ALTER ROLE r8 SET track_counts = on", undefined],
  ])('%s', async (setUp, found) => {
    await admin.query(setUp);
    const said = await of(/CREATE ROLE (\w+)/.exec(setUp)?.[1] ?? '');
    expect(said).toHaveLength(found === undefined ? 0 : 1);
    expect(said[0] ?? '').toContain(found ?? '');
  });

  test('counters that stand still', async () => {
    await admin.query('CREATE ROLE uncounted LOGIN; ALTER ROLE uncounted SET track_counts = off');
    expect(await of('uncounted')).toEqual(['track_counts is off: the target does not count the rows that statements touch']);
  });

  test('who owns the database', async () => {
    await admin.query('CREATE ROLE landlord LOGIN; ALTER DATABASE postgres OWNER TO landlord');
    expect(await of('landlord')).toEqual([expect.stringContaining('owns the database')]);
  });
});
