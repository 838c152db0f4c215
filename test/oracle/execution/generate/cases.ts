import fc from 'fast-check';
import type { Case } from '../examiner.ts';
import { change } from './changes.ts';
import { definition } from './definitions.ts';
import { int, noNames, query } from './queries.ts';
import { either, number, sql, type Text } from './template.ts';

/** Most statements are small: what they miss is then their own. */
const depth = 1;
const anyQuery = query(depth);
const anyChange = change(depth);
const deed = either(anyQuery, anyChange);

const block = either(
  sql`DO $do$ BEGIN ${anyChange}; END $do$`, sql`DO $do$ BEGIN PERFORM ${int(noNames, depth)}; END $do$`, sql`DO $do$ DECLARE r record; BEGIN FOR r IN ${anyQuery} LOOP ${anyChange}; END LOOP; END $do$`,
  sql`DO $do$ BEGIN IF ${int(noNames, depth)} > 3 THEN ${anyChange}; ELSE ${anyChange}; END IF; EXCEPTION WHEN division_by_zero THEN NULL; END $do$`,
  sql`DO $do$ BEGIN EXECUTE $x$${anyChange}$x$; END $do$`, sql`DO $do$ DECLARE n int := ${int(noNames, depth)}; BEGIN n := (SELECT count(*) FROM person) + ${int(noNames, depth)}; END $do$`,
  sql`DO $do$ DECLARE n email := 'x'; p pair := 4::pair; BEGIN n := 'y'; END $do$`,
);
const call = either('CALL clean(3)', 'CALL clean_default()', 'CALL clean_sql(2)', sql`CALL clean(${int(noNames, depth)})`, sql`SELECT * FROM rows_of(${int(noNames, depth)})`, 'SELECT looping(3), with_cursor()');
const copy = either(sql`COPY (${anyQuery}) TO STDOUT`, sql`COPY ${fc.constantFrom('team', 'person', 'reading_2024_a', 'totals', 'secret')} TO STDOUT`, sql`COPY (${anyChange} RETURNING 1) TO STDOUT`);
const single = fc.oneof(
  { withCrossShrink: true }, { arbitrary: anyChange, weight: 10 }, { arbitrary: anyQuery, weight: 7 }, { arbitrary: definition, weight: 7 }, { arbitrary: block, weight: 3 }, { arbitrary: call, weight: 1 }, { arbitrary: copy, weight: 1 },
);

function statements(...texts: readonly (Text | string)[]): fc.Arbitrary<Case> {
  return fc.tuple(...texts.map((text) => (typeof text === 'string' ? fc.constant(text) : text))).map((filled) => filled.map((text) => ({ sql: text })));
}

function copyIn(into: string, rows: string): fc.Arbitrary<Case> {
  return fc.constant([{ sql: `COPY ${into} FROM STDIN`, rows }]);
}

/** What EXECUTE gives. */
const given = either('3', 'false', 'true', 'NULL', `'5'`, `'tom'`, '-1', '7::bigint', `'x'::text`, 'NULL::int', `DATE '2024-05-05'`, int(noNames, 0));
const prepared = either(
  'PREPARE p (int, boolean) AS DELETE FROM archive WHERE id = $1 OR $2', 'PREPARE p AS UPDATE person SET seen = 4 WHERE id = $1 OR ($2 IS NULL AND team = 1)', 'PREPARE p (text, int) AS INSERT INTO sorted SELECT $2, $1 FROM team WHERE id = $2 RETURNING k',
  'PREPARE p AS SELECT sql_text(id) AS i FROM team WHERE ($1 OR id = $2)', 'PREPARE p (int, date) AS DELETE FROM reading WHERE id = $1 OR day < $2', 'PREPARE p (email, int) AS UPDATE people SET email = $1 WHERE id = $2', 'PREPARE p AS SELECT setval($1, $2)',
  'PREPARE p (int, int) AS DELETE FROM line WHERE purchase = $1 AND n = $2', 'PREPARE p (int, int) AS WITH w AS (DELETE FROM team WHERE id = $1) UPDATE team SET name = name WHERE id = $2',
  'PREPARE p (int, text) AS MERGE INTO team USING person ON team.id = $1 AND person.id = $1 WHEN MATCHED THEN UPDATE SET name = $2',
);
const executed = either(
  sql`EXECUTE p (${given}, ${given})`, sql`EXPLAIN ANALYZE EXECUTE p (${given}, ${given})`, sql`CREATE TABLE fresh AS EXECUTE p (${given}, ${given})`, `DO $do$ BEGIN EXECUTE 'EXECUTE p (3, NULL)'; END $do$`,
);
const numbered = either(
  `SELECT nextval(pg_get_serial_sequence('app.person', 'id'))`, `SELECT setval(pg_get_serial_sequence('person', 'id'), max(id) + 7) FROM person`, `SELECT setval(pg_get_serial_sequence('PURCHASE'::text, 'id')::regclass, 900)`,
);
const heard = either(
  'CREATE TRIGGER x AFTER INSERT ON mine REFERENCING NEW TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION on_heir()', 'CREATE TRIGGER x AFTER INSERT ON mine REFERENCING NEW TABLE AS fresh FOR EACH ROW EXECUTE FUNCTION on_transition()',
);

const several: fc.Arbitrary<Case> = fc.oneof(
  { withCrossShrink: true }, statements(definition, deed), statements(anyChange, anyChange), statements(sql`PREPARE p AS ${deed}`, 'EXECUTE p'), statements(sql`PREPARE p(int) AS SELECT sql_text($1)`, sql`EXECUTE p(${int(noNames, depth)})`),
  statements(sql`DECLARE c CURSOR FOR ${anyQuery}`, either('FETCH ALL FROM c', 'MOVE 2 IN c')), statements('DECLARE c CURSOR FOR SELECT * FROM person', 'FETCH 1 FROM c', either('DELETE FROM person WHERE CURRENT OF c', 'UPDATE person SET seen = 3 WHERE CURRENT OF c')),
  statements('SAVEPOINT s', anyChange, 'ROLLBACK TO s', deed), statements(sql`SET LOCAL search_path = ${either('trace', 'app', 'trace, app', '"$user", public')}`, either('DELETE FROM app.archive', 'SELECT app.deep(1)', `INSERT INTO definer VALUES (now(), 'x')`)),
  statements('CREATE TEMP TABLE mine (a int, b email)', either('INSERT INTO mine SELECT 1', `INSERT INTO mine VALUES (1, 'x')`, 'INSERT INTO mine SELECT id, email FROM person')), statements('CREATE TEMP TABLE team (id int)', anyChange),
  statements('SET CONSTRAINTS ALL DEFERRED', anyChange), statements(either('SET LOCAL work_mem = \'8MB\'', 'SET LOCAL app.mode = 1', 'SET LOCAL ROLE colleague', 'SET LOCAL row_security = off', 'SET LOCAL session_replication_role = replica', 'RESET ALL', 'SET TRANSACTION READ ONLY'), 'SELECT 1'),
  statements(prepared, executed), statements(prepared, executed), statements(prepared, executed), statements(numbered),
  statements(either('CREATE TEMP TABLE mine (id int, name text)', 'CREATE TABLE mine (id int, name text)'), heard, `INSERT INTO mine VALUES (1, 'x'), (2, 'y')`),
  statements(sql`WITH w AS (${anyChange}) ${anyChange}`), statements(sql`DO $do$ BEGIN ${anyChange}; ${anyChange}; END $do$`),
  statements('PREPARE p(email) AS SELECT $1', `EXECUTE p('x')`), statements('PREPARE p AS SELECT sql_text(1) AS i', 'CREATE TABLE fresh AS EXECUTE p'), statements('PREPARE p AS SELECT trace.by_check_table(1)'),
  statements(sql`${deed}; ${anyChange}`), statements('CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS \'DELETE FROM app.ruled; SELECT 1\'', 'SELECT pg_temp.mine()'), statements('NOTIFY news', 'SELECT 1'), statements(sql`EXPLAIN ANALYZE ${anyQuery}`),
  statements(`CREATE TRIGGER fresh AFTER INSERT ON archive FOR EACH ROW EXECUTE FUNCTION on_deferred()`, 'INSERT INTO archive DEFAULT VALUES'), statements('CREATE TABLE fresh (a int, b email, c serial)', 'INSERT INTO fresh (a) SELECT 1'),
  statements('SELECT tally(id) INTO TEMP mine FROM team', 'SELECT * FROM mine'), statements(sql`ALTER TABLE ruled ADD COLUMN e int DEFAULT sql_text(${number(1, 9)})`, 'INSERT INTO ruled (id) VALUES (9999)'),
);

const copies: fc.Arbitrary<Case> = fc.oneof(
  copyIn('team (id)', '700\n701\n'), copyIn('person (name, email)', 'zoe\tz@x\n'), copyIn('purchase (person, total)', '1\t5\n'), copyIn('reading', '1\t2024-05-05\tb\t4\n'), copyIn('people (name)', 'x\n'), copyIn('purchases (id, total)', '1\t2\n'),
  copyIn('card (id, who, emails, scores)', '60\t("a@z",1)\t{b@z}\t(1,2)\n'), copyIn('keyed', '3\tx\n'), copyIn('secret', '60\t1\tx\n'), copyIn('team (id) ', ''), copyIn('booking', '9\t[900,901]\n'), copyIn('sorted', '4\tx\n3\ty\n'), copyIn('lion', '1\tx\t9\tt\n'), fc.constant([{ sql: 'COPY team (id) FROM STDIN WHERE sql_text(id) > 0', rows: '700\n' }]), copyIn('ranks', '70\t(3)\n'),
);

/** Cases over schema.sql: one statement mostly, some of several that depend on one another. */
export const cases: fc.Arbitrary<Case> = fc.oneof({ withCrossShrink: true }, { arbitrary: single.map((text): Case => [{ sql: text }]), weight: 16 }, { arbitrary: several, weight: 4 }, { arbitrary: copies, weight: 1 });
