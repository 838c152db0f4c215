import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import { connect, servers, value } from '../../test/support/servers.ts';
import { loadCatalog, type Loaded } from './load.ts';

/** A connection whose queries the test sees, may change, and may act around: the loader is paused meanwhile. */
class Watched extends Client {
  before: (sql: string) => Promise<string> | string = (sql) => sql;
  after: (sql: string) => Promise<void> | void = () => undefined;
  sent: string[] = [];
}

async function watched(connectionString: string): Promise<Watched> {
  const client = new Watched({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  const query = client.query.bind(client) as (asked: unknown) => Promise<unknown>; // pg's overloads; the loader uses these two forms
  const intercepted = async (asked: string | { text: string }): Promise<unknown> => {
    const text = await client.before(typeof asked === 'string' ? asked : asked.text);
    client.sent.push(text);
    try {
      return await query(typeof asked === 'string' ? text : { ...asked, text });
    } finally {
      await client.after(text);
    }
  };
  Object.assign(client, { query: intercepted });
  return client;
}

const writesTexts = (sql: string): boolean => /pg_get_(?:view|rule|function)def/.test(sql);

function textOf({ snapshot }: Loaded, name: string): string | undefined {
  return [...snapshot.relations, ...snapshot.functions].find((object) => object.schema === 's' && object.name === name)?.definition?.replaceAll(/\s+/g, ' ');
}

describe.each(servers)('$name', ({ options }) => {
  let server: PostgresServer;
  let admin: Client;
  let loader: Watched;
  let pid: unknown;
  let atomic: boolean;

  beforeAll(async () => {
    server = await startPostgres({ ...options, settings: { autovacuum: 'off' } });
    admin = await connect(server.connectionString());
    atomic = Number(await value(admin, 'SHOW server_version_num')) >= 140_000;
  });
  beforeEach(async () => {
    await loader?.end();
    await admin.query(`
      DROP SCHEMA IF EXISTS s CASCADE; DROP SCHEMA IF EXISTS moved CASCADE; CREATE SCHEMA s;
      CREATE TYPE s.mood AS ENUM ('calm'); CREATE DOMAIN s.mail AS text; CREATE TYPE s.pair AS (a int, b s.mood);
      CREATE TABLE s.a (id int, ssn text, note text, mood s.mood); CREATE TABLE s.b (id int);
      CREATE FUNCTION s.rows_of() RETURNS SETOF s.a LANGUAGE sql AS 'SELECT * FROM s.a';
      CREATE VIEW s.of_a AS SELECT id, ssn FROM s.a; CREATE VIEW s.of_b AS SELECT id FROM s.b; CREATE VIEW s.both AS SELECT a.id, b.id AS other FROM s.a JOIN s.b USING (id);
      CREATE VIEW s.of_view AS SELECT ssn FROM s.of_a; CREATE VIEW s.calm AS SELECT id FROM s.a WHERE mood = ANY ('{calm}'::s.mood[]);
      CREATE VIEW s.paired AS SELECT '(1,calm)'::s.pair AS pair; CREATE VIEW s.called AS SELECT x.ssn FROM s.rows_of() AS x; CREATE VIEW s.named AS SELECT 's.b'::regclass AS which;
      CREATE MATERIALIZED VIEW s.kept AS SELECT note FROM s.a; CREATE RULE also AS ON INSERT TO s.b DO ALSO DELETE FROM s.a WHERE note = 'x';
      CREATE FUNCTION s.plain(x s.mail) RETURNS int LANGUAGE sql AS 'SELECT 1';
      ${atomic ? 'CREATE FUNCTION s.whole() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT ssn FROM s.a LIMIT 1; END;' : ''}`);
    loader = await watched(server.connectionString());
    pid = await value(loader, 'SELECT pg_backend_pid()');
    loader.sent = [];
  });
  afterAll(async () => {
    await loader.end();
    await admin.end();
    await server.stop();
  });

  /** Names of relations of users that the loader has locked. */
  const held = async (): Promise<unknown> => value(admin, `SELECT coalesce(json_agg(DISTINCT relation::regclass::text), '[]') FROM pg_locks WHERE pid = $1 AND locktype = 'relation' AND relation >= 16384 AND granted`, [pid]);

  test('between its statements the loader holds no lock on a relation of a user', async () => {
    const seen: unknown[] = [];
    loader.after = async () => { seen.push(await held()); };
    await loadCatalog(loader);
    expect(loader.sent.some(writesTexts)).toBe(true);
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.every((names) => Array.isArray(names) && names.length === 0)).toBe(true);
  });

  test('while a text is written, what the one before it locked is free', async () => {
    const migration = await connect(server.connectionString());
    await migration.query('BEGIN; LOCK TABLE s.b IN ACCESS EXCLUSIVE MODE');
    // Patient, so that one can look: of_b waits for s.b, after of_a in the same message has locked s.a.
    loader.before = (sql) => sql.replaceAll('lock_timeout = 10;', 'lock_timeout = 20000;');
    const loading = loadCatalog(loader);
    const waiting = `SELECT count(*) FROM pg_locks WHERE pid = $1 AND NOT granted AND relation = 's.b'::regclass`;
    while (String(await value(admin, waiting, [pid])) !== '1');
    expect(await held()).not.toContain('s.a');
    await admin.query('BEGIN; LOCK TABLE s.a IN ACCESS EXCLUSIVE MODE NOWAIT; ROLLBACK');
    await migration.query('ROLLBACK');
    expect(textOf(await loading, 'of_b')).toContain('FROM s.b');
    await migration.end();
  });

  test('another session locks what it wants while the catalog is read in a loop', async () => {
    let locked = 0;
    // Behind each of the loader's statements, which is where a lock would have been left.
    loader.after = async () => {
      await admin.query('BEGIN; LOCK TABLE s.a, s.b, s.of_a, s.of_b, s.both, s.of_view IN ACCESS EXCLUSIVE MODE NOWAIT; ROLLBACK');
      locked++;
    };
    for (let loads = 0; loads < 5; loads++) await loadCatalog(loader);
    expect(locked).toBe(loader.sent.length);
  });

  test('who locks a table hinders only the texts about it, and those are marked', async () => {
    const migration = await connect(server.connectionString());
    await migration.query('BEGIN; LOCK TABLE s.b IN ACCESS EXCLUSIVE MODE');
    const locked = await loadCatalog(loader);
    expect([textOf(locked, 'of_a'), textOf(locked, 'of_b'), textOf(locked, 'both'), locked.incomplete]).toEqual([expect.any(String), undefined, undefined, true]);
    expect(locked.snapshot.relations.find(({ name }) => name === 'b')?.rules).toEqual(['']);
    expect(await loadCatalog(loader, locked)).toMatchObject({ incomplete: true, snapshot: locked.snapshot });
    await migration.query('ROLLBACK');
    loader.sent = [];
    const whole = await loadCatalog(loader, locked);
    expect([textOf(whole, 'of_b'), whole.incomplete]).toEqual([expect.any(String), false]);
    expect(whole.snapshot).toEqual((await loadCatalog(loader)).snapshot);
    // A text that is known needs no lock.
    await migration.query('BEGIN; LOCK TABLE s.b IN ACCESS EXCLUSIVE MODE');
    await admin.query('CREATE TABLE s.c (id int)');
    const later = await loadCatalog(loader, whole);
    expect([textOf(later, 'of_b'), later.incomplete]).toEqual([textOf(whole, 'of_b'), false]);
    await migration.query('ROLLBACK');
    await migration.end();
  });

  /** What each does not touch itself is only named in the text. */
  const renames: readonly (readonly [sql: string, name: string, expected: string])[] = [
    ['ALTER TABLE s.a RENAME ssn TO secret', 'of_a', 'secret'],
    ['ALTER TABLE s.a RENAME TO aa', 'of_a', 's.aa'],
    ['ALTER TABLE s.a RENAME ssn TO swap; ALTER TABLE s.a RENAME note TO ssn; ALTER TABLE s.a RENAME swap TO note', 'of_a', 'note AS ssn'],
    ['ALTER TABLE s.of_a RENAME COLUMN ssn TO shown', 'of_view', 'shown'],
    ['ALTER TABLE s.a RENAME note TO remark', 'kept', 'remark'],
    ['ALTER FUNCTION s.rows_of() RENAME TO all_of', 'called', 's.all_of'],
    ['ALTER SCHEMA s RENAME TO moved; CREATE SCHEMA s; ALTER VIEW moved.of_a SET SCHEMA s', 'of_a', 'moved.a'],
    [`ALTER TYPE s.mood RENAME VALUE 'calm' TO 'serene'`, 'calm', 'serene'],
    [`ALTER TYPE s.mood RENAME VALUE 'calm' TO 'serene'`, 'paired', 'serene'],
    ['ALTER TYPE s.mood RENAME TO humour', 'calm', 's.humour'],
    ['ALTER TABLE s.b RENAME TO bb', 'named', 's.bb'],
    ['ALTER DOMAIN s.mail RENAME TO address', 'plain', 's.address'],
    ['ALTER TABLE s.a RENAME ssn TO secret', 'whole', 'secret'],
  ];
  test.for(renames)('%s changes the text of %s', async ([sql, name, expected], context) => {
    context.skip(name === 'whole' && !atomic, 'this server has no BEGIN ATOMIC');
    const before = await loadCatalog(loader);
    expect(textOf(before, name)).toBeDefined();
    await admin.query(sql);
    const after = await loadCatalog(loader, before);
    expect(textOf(after, name)).toContain(expected);
    expect(after.snapshot).toEqual((await loadCatalog(loader)).snapshot);
  });

  test('a rule follows the names in it', async () => {
    const before = await loadCatalog(loader);
    await admin.query('ALTER TABLE s.a RENAME note TO remark');
    const after = await loadCatalog(loader, before);
    expect(after.snapshot.relations.find(({ name }) => name === 'b')?.rules).toEqual([expect.stringContaining('remark')]);
  });

  test('a text that changes while it is read is read again, and never stands beside what was before', async () => {
    let swaps = 0;
    loader.before = async (sql) => {
      // Once between the relations and the text, and once more back again before the text is compared: only who wrote the rows tells.
      if (writesTexts(sql) && swaps++ < 2) await admin.query('ALTER TABLE s.a RENAME ssn TO t; ALTER TABLE s.a RENAME note TO ssn; ALTER TABLE s.a RENAME t TO note');
      return sql;
    };
    const { snapshot } = await loadCatalog(loader);
    loader.before = (sql) => sql;
    expect(swaps).toBeGreaterThan(1);
    expect(snapshot).toEqual((await loadCatalog(loader)).snapshot);
  });

  test('a text that never holds still is absent', async () => {
    loader.before = async (sql) => {
      if (writesTexts(sql)) await admin.query('ALTER TABLE s.a RENAME ssn TO t; ALTER TABLE s.a RENAME note TO ssn; ALTER TABLE s.a RENAME t TO note');
      return sql;
    };
    const restless = await loadCatalog(loader);
    expect([textOf(restless, 'of_a'), textOf(restless, 'of_b'), restless.incomplete]).toEqual([undefined, expect.any(String), true]);
    loader.before = (sql) => sql;
    const calm = await loadCatalog(loader, restless);
    expect([textOf(calm, 'of_a'), calm.incomplete]).toEqual([expect.any(String), false]);
  });

  test('what is dropped while its text is read is simply gone', async () => {
    let dropped = false;
    loader.before = async (sql) => {
      if (writesTexts(sql) && !dropped) {
        dropped = true;
        await admin.query('DROP TABLE s.b CASCADE; DROP FUNCTION s.plain');
      }
      return sql;
    };
    const { snapshot, incomplete } = await loadCatalog(loader);
    expect(incomplete).toBe(false);
    expect(snapshot.relations.filter(({ schema, name }) => schema === 's' && ['b', 'of_b', 'both'].includes(name))).toEqual([]);
    expect(snapshot.functions.some(({ name }) => name === 'plain')).toBe(false);
    expect(textOf({ snapshot } as Loaded, 'of_a')).toContain('FROM s.a'); // only the snapshot is looked at
  });

  test('what does not concern a text does not have it read again', async () => {
    const before = await loadCatalog(loader);
    loader.sent = [];
    expect((await loadCatalog(loader, before)).snapshot).toBe(before.snapshot);
    expect(loader.sent.length).toBe(1);
    await admin.query(`CREATE TABLE s.fresh (id int PRIMARY KEY); CREATE TYPE s.other AS ENUM ('x'); CREATE FUNCTION s.own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`);
    loader.sent = [];
    const after = await loadCatalog(loader, before);
    const written = loader.sent.filter(writesTexts).join('');
    expect(written.match(/::oid\)/g)?.length).toBe(1);
    expect(written).toContain(`'function ${after.snapshot.functions.find(({ name }) => name === 'own')?.oid}'`);
    loader.sent = [];
    await admin.query('ALTER TABLE s.b ADD COLUMN more int');
    await loadCatalog(loader, after);
    expect(loader.sent.filter(writesTexts).join('').match(/::oid\)/g)?.length).toBeLessThan(6);
  });
});
