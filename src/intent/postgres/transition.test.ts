import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JudgingServer, startJudgingServer } from '../../../test/support/judging-server.ts';
import type { Effect } from '../../core/effect.ts';
import { initialState } from '../../core/interpretation.ts';
import { createPostgresInterpreter } from './interpreter.ts';

const interpreter = await createPostgresInterpreter();
let server: JudgingServer;
let client: Client;

beforeAll(async () => {
  // A table `n`, which the trigger calls its rows, too.
  server = await startJudgingServer(`
    CREATE TABLE t (id int, v text); CREATE TABLE n (id int, v text); INSERT INTO n SELECT 100, 'real' FROM generate_series(1, 7); CREATE TABLE audit (rows bigint);
    CREATE FUNCTION in_sql() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM n';
    CREATE FUNCTION in_set() RETURNS SETOF n LANGUAGE sql STABLE AS 'SELECT * FROM n';
    CREATE FUNCTION in_block() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM n); END';
    CREATE VIEW shown AS SELECT * FROM n;
    CREATE TABLE later (id int); CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO audit SELECT count(*) FROM n; RETURN NULL; END';
    CREATE TRIGGER x AFTER INSERT ON later EXECUTE FUNCTION later()`);
  ({ client } = server);
});
afterAll(async () => {
  await server.stop();
  await interpreter.close();
});

async function read(): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(`SELECT seq_tup_read::int AS rows FROM pg_stat_xact_user_tables WHERE relid = 'public.n'::regclass`);
  return rows[0]?.rows ?? 0;
}

/** What an INSERT of two rows reads of the table, and what was said. */
async function fires(body: string): Promise<{ readonly read: number; readonly effects: readonly Effect[] }> {
  await client.query('DROP TRIGGER IF EXISTS g ON t');
  await client.query(`CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$BEGIN ${body} RETURN NULL; END$f$; CREATE TRIGGER g AFTER INSERT ON t REFERENCING NEW TABLE AS n EXECUTE FUNCTION f()`);
  const insert = "INSERT INTO t VALUES (1, 'a'), (2, 'b')";
  const made = await interpreter.interpret(insert, await server.readCatalog(), initialState);
  await client.query('BEGIN');
  const before = await read();
  try {
    await client.query(insert);
    return { read: await read() - before, effects: made.statements.flatMap(({ effects }) => effects) };
  } finally {
    await client.query('ROLLBACK; DEALLOCATE ALL');
  }
}

const isRead = ({ verb, resource }: Effect): boolean => verb === 'opaque' || (verb === 'read' && resource.path.at(-1) === 'n');

test.each([
  'INSERT INTO audit SELECT count(*) FROM n;', "EXECUTE 'INSERT INTO audit SELECT count(*) FROM n';", 'CREATE TABLE made AS SELECT * FROM n;', "EXECUTE 'EXPLAIN ANALYZE INSERT INTO audit SELECT count(*) FROM n';",
  'DECLARE c refcursor; r record; BEGIN OPEN c FOR SELECT * FROM n; FETCH c INTO r; END;', 'DECLARE c CURSOR FOR SELECT * FROM n; BEGIN FOR r IN c LOOP INSERT INTO audit VALUES (r.id); END LOOP; END;',
  'DECLARE k int := (SELECT count(*) FROM n); BEGIN k := (SELECT max(id) FROM n) + k; IF EXISTS (SELECT FROM n) THEN NULL; END IF; END;', 'DECLARE r record; BEGIN FOR r IN SELECT * FROM n LOOP NULL; END LOOP; END;', "DECLARE r record; BEGIN FOR r IN EXECUTE 'SELECT * FROM n' LOOP NULL; END LOOP; END;",
  'BEGIN INSERT INTO audit SELECT id FROM n; EXCEPTION WHEN OTHERS THEN NULL; END;', 'INSERT INTO audit SELECT count(*) FROM ONLY n;', 'INSERT INTO audit SELECT id FROM (TABLE n) x;', 'MERGE INTO audit USING n ON rows = id WHEN NOT MATCHED THEN INSERT VALUES (id);',
  'WITH x AS (INSERT INTO audit SELECT id FROM n RETURNING *) INSERT INTO audit SELECT * FROM x;', 'UPDATE audit SET rows = id FROM n;', 'DELETE FROM audit USING n WHERE rows = id;', 'PERFORM * FROM n FOR UPDATE;', 'DECLARE r n%ROWTYPE; BEGIN SELECT * INTO r FROM n; END;',
  'WITH n AS (SELECT 1 AS id) INSERT INTO audit SELECT id FROM n;', 'CREATE TEMP TABLE n (id int) ON COMMIT DROP; INSERT INTO audit SELECT id FROM n;',
])('the rows of the statement: %s', async (body) => {
  const { read: rows, effects } = await fires(body);
  expect({ rows, said: effects.filter(isRead) }).toEqual({ rows: 0, said: [] });
});

test.each([
  'INSERT INTO audit SELECT count(*) FROM public.n;', 'INSERT INTO audit SELECT in_sql();', 'INSERT INTO audit SELECT in_block();', 'INSERT INTO audit SELECT id FROM in_set();', 'INSERT INTO audit SELECT id FROM shown;', 'INSERT INTO later SELECT id FROM n;',
  "EXECUTE 'DO $d$ BEGIN INSERT INTO audit SELECT count(*) FROM n; END $d$';", "EXECUTE 'PREPARE pp AS INSERT INTO audit SELECT count(*) FROM n'; EXECUTE 'EXECUTE pp';", 'CREATE VIEW made AS SELECT * FROM n; INSERT INTO audit SELECT id FROM made;',
  "EXECUTE 'COPY (SELECT * FROM n) TO ''/dev/null''';", "INSERT INTO audit SELECT length(query_to_xml('SELECT * FROM n', true, true, '')::text);", "EXECUTE 'CREATE FUNCTION made() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM n; END'; INSERT INTO audit SELECT made();",
  'ALTER TABLE n ADD CHECK (id > 0);', 'REFRESH MATERIALIZED VIEW made;',
])('the table of that name: %s', async (body) => {
  if (body.startsWith('REFRESH')) await client.query('CREATE MATERIALIZED VIEW made AS SELECT * FROM n');
  const { read: rows, effects } = await fires(body);
  expect(rows).toBeGreaterThan(0);
  const said = effects.filter((effect) => isRead(effect) || (effect.verb === 'define' && effect.resource.path.at(-1) === 'n'));
  expect(said).not.toEqual([]);
});

test('they cannot be written', async () => {
  for (const body of ['INSERT INTO n VALUES (1);', 'DELETE FROM n;', 'UPDATE n SET id = 1;', 'MERGE INTO n USING audit ON true WHEN MATCHED THEN DELETE;']) await expect(fires(body)).rejects.toThrow('cannot be the target');
});

/** Rows of `others` that go; 300 has it, of 20 kinds. */
const followers = [
  'DELETE FROM others USING o WHERE others.id = o.id', 'DELETE FROM others USING o WHERE others.kind = o.kind', 'DELETE FROM others WHERE id IN (SELECT id FROM o)', 'DELETE FROM others WHERE kind IN (SELECT kind FROM o)',
  'DELETE FROM others WHERE id IN (SELECT id FROM o LIMIT 5)', 'DELETE FROM others WHERE kind IN (SELECT kind FROM o ORDER BY id LIMIT 50)', 'DELETE FROM others WHERE kind = (SELECT kind FROM o LIMIT 1)', 'DELETE FROM others WHERE EXISTS (SELECT FROM o WHERE o.id = others.id)',
  'DELETE FROM others WHERE EXISTS (SELECT FROM o)', 'DELETE FROM others USING o JOIN many ON many.id = o.id WHERE others.kind = many.kind', 'DELETE FROM others WHERE id = ANY (ARRAY(SELECT id FROM o))', 'DELETE FROM others WHERE kind = ANY (ARRAY(SELECT kind FROM o))',
  'WITH x AS (SELECT DISTINCT kind FROM o) DELETE FROM others USING x WHERE others.kind = x.kind', 'DELETE FROM others USING o x JOIN o y USING (kind) WHERE others.id = x.id', 'DELETE FROM others USING o WHERE others.id = o.kind', 'DELETE FROM others WHERE (id, kind) IN (SELECT id, kind FROM o)',
  'DELETE FROM others USING o LEFT JOIN many USING (id) WHERE others.kind = many.kind', 'DELETE FROM others WHERE id IN (SELECT id FROM o UNION SELECT kind FROM o)', 'DELETE FROM others WHERE id NOT IN (SELECT id FROM o)', 'DELETE FROM others WHERE kind IN (SELECT k FROM (SELECT kind AS k FROM o) x WHERE k = 3)',
  'DELETE FROM others USING o WHERE o.id = 5', 'DELETE FROM others USING o WHERE others.id = o.id AND o.kind = 3', 'DELETE FROM others WHERE id IN (SELECT others.id FROM o)', 'DELETE FROM public.others WHERE kind IN (SELECT kind FROM o WHERE o.id = others.id)',
];
const removals = [
  'DELETE FROM many WHERE id = 5', 'DELETE FROM many WHERE id IN (5, 6)', "DELETE FROM many WHERE code LIKE 'c1%'", 'DELETE FROM many WHERE kind = 3', 'DELETE FROM many', 'DELETE FROM many WHERE id IN (SELECT id FROM many LIMIT 100)', 'DELETE FROM many WHERE id BETWEEN 1 AND 250',
  'WITH a AS (DELETE FROM many WHERE id = 5) DELETE FROM many WHERE kind = 4', 'WITH a AS (DELETE FROM many WHERE id = 5) DELETE FROM many', "MERGE INTO many USING (VALUES (5)) AS s (i) ON id = i WHEN MATCHED THEN DELETE WHEN NOT MATCHED BY SOURCE AND code LIKE 'c2%' THEN DELETE", 'DELETE FROM heads WHERE id = 1',
  'DELETE FROM heads',
];
const most: { readonly [E in Effect['extent']]: number } = { none: 0, one: 1, bounded: 299, unknown: 300, all: 300 };

test('what rows of the statement pick of another table is never more than was said', async () => {
  await client.query(`CREATE TABLE heads (id int PRIMARY KEY); INSERT INTO heads SELECT generate_series(0, 3); CREATE TABLE many (id int PRIMARY KEY, kind int, code text, head int REFERENCES heads ON DELETE CASCADE);
    INSERT INTO many SELECT n, n % 20, 'c' || n, n % 4 FROM generate_series(1, 300) n; CREATE TABLE others (id int PRIMARY KEY, kind int); INSERT INTO others SELECT n, n % 20 FROM generate_series(1, 300) n`);
  let [compared, bounded] = [0, 0];
  for (const level of ['STATEMENT', 'ROW']) {
    for (const follower of followers) {
      await client.query(`CREATE OR REPLACE FUNCTION follows() RETURNS trigger LANGUAGE plpgsql AS $f$BEGIN ${follower}; RETURN NULL; END$f$; CREATE OR REPLACE TRIGGER follows AFTER DELETE ON many REFERENCING OLD TABLE AS o FOR EACH ${level} EXECUTE FUNCTION follows()`);
      const catalog = await server.readCatalog();
      for (const removal of level === 'ROW' ? removals.slice(0, 4) : removals) {
        const made = await interpreter.interpret(removal, catalog, initialState);
        const effects = made.statements.flatMap((statement) => statement.effects);
        const said = effects.filter(({ verb, resource }) => verb === 'delete' && resource.path.at(-1) === 'others').map(({ extent }) => most[extent]);
        await client.query('BEGIN');
        await client.query(removal);
        const left = (await client.query<{ n: number }>('SELECT count(*)::int AS n FROM others')).rows[0]?.n ?? 0;
        await client.query('ROLLBACK');
        compared++;
        if (Math.max(...said) < 300) bounded++;
        const rows = 300 - left;
        expect({ level, follower, removal, opaque: effects.some(({ verb }) => verb === 'opaque'), rows, said, fits: rows <= said.reduce((sum, one) => sum + one, 0) }).toEqual({ level, follower, removal, opaque: false, rows, said, fits: true });
      }
    }
  }
  expect([compared, bounded > 100]).toEqual([followers.length * (removals.length + 4), true]);
}, 240_000);
