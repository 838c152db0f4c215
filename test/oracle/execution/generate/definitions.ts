import fc from 'fast-check';
import { query } from './queries.ts';
import { plainTable } from './tables.ts';
import { either, maybe, sql, type Text } from './template.ts';

const functionOfInt = fc.constantFrom('trace.by_index_expression', 'trace.by_check_table', 'trace.by_generated', 'sql_text', 'abs');

const create = either(
  sql`CREATE TABLE fresh (a int${maybe(' PRIMARY KEY')}, b serial, c text DEFAULT 'x'${maybe(', d int REFERENCES team')}${maybe(sql`, CHECK (${functionOfInt}(a) > 0)`)})`,
  sql`CREATE TABLE fresh (LIKE ${plainTable} INCLUDING ALL)`, sql`CREATE TABLE fresh () INHERITS (${fc.constantFrom('animal', 'cat', 'team')})`, `CREATE TABLE fresh PARTITION OF reading FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')`,
  sql`CREATE TABLE fresh AS ${query(1)}`, sql`CREATE TABLE fresh AS ${query(0)} WITH NO DATA`, sql`CREATE TEMP TABLE fresh (a int DEFAULT trace.by_column_default(1))`, sql`SELECT * INTO fresh FROM ${plainTable}`,
  sql`CREATE VIEW fresh AS ${query(1)}`, sql`CREATE OR REPLACE VIEW people_known AS SELECT id, name, team FROM people`, sql`CREATE MATERIALIZED VIEW fresh AS ${query(1)}`,
  sql`CREATE ${maybe('UNIQUE ')}INDEX fresh ON ${fc.constantFrom('team', 'person', 'purchase', 'reading', 'animal')} (${either('id', sql`(${fc.constantFrom('trace.by_index_expression', 'trace.by_generated')}(id))`)})`,
  `CREATE INDEX ON sorted (k odd_ops)`, `CREATE INDEX ON team (id) WHERE trace.by_index_predicate(id) > 0`, sql`CREATE STATISTICS fresh ON id, name FROM team`,
  sql`CREATE TRIGGER fresh AFTER INSERT ON ${plainTable} FOR EACH ROW EXECUTE FUNCTION on_after()`, sql`CREATE RULE fresh AS ON INSERT TO archive DO ALSO DELETE FROM ruled`,
  `CREATE POLICY fresh ON member USING (true)`, `CREATE SEQUENCE fresh START 5`, `CREATE SCHEMA fresh CREATE TABLE t (a int) CREATE VIEW v AS SELECT a FROM t`, `CREATE ROLE fresh`, `CREATE TYPE fresh AS ENUM ('a')`,
  `CREATE TYPE fresh AS (a int)`, `CREATE TYPE fresh AS RANGE (subtype = int)`, `CREATE DOMAIN fresh AS int CHECK (trace.by_check_domain(VALUE) > 0)`,
  `CREATE FUNCTION fresh(i int) RETURNS int LANGUAGE sql AS 'SELECT app.sql_text(i)'`, `CREATE OR REPLACE FUNCTION overloaded(i int) RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM app.ruled; RETURN 1; END'`,
  `CREATE PROCEDURE fresh() LANGUAGE plpgsql AS 'BEGIN DELETE FROM app.ruled; END'`, `CREATE AGGREGATE fresh(int) (SFUNC = tally_step, STYPE = int)`, `CREATE OPERATOR ### (LEFTARG = int, RIGHTARG = int, FUNCTION = near)`,
  'CREATE CAST (mood AS int) WITH FUNCTION trace.by_cast_explicit(int)', `CREATE COLLATION fresh FROM "C"`, `CREATE TEXT SEARCH CONFIGURATION fresh (COPY = simple)`, 'CREATE PUBLICATION fresh FOR TABLE team',
);

const alterTable: Text = sql`ALTER TABLE ${plainTable} ${either(
  'ADD COLUMN fresh int', 'ADD COLUMN fresh int DEFAULT 3', 'ADD COLUMN fresh int DEFAULT sql_text(4)', `ADD COLUMN fresh email DEFAULT 'x'`, 'ADD COLUMN fresh serial', 'ADD COLUMN fresh int GENERATED ALWAYS AS (trace.by_generated(1)) STORED',
  'ADD CHECK (trace.by_check_table(1) > 0)', 'ADD CHECK (trace.by_check_table(1) > 0) NOT VALID', 'ENABLE ROW LEVEL SECURITY', 'DISABLE TRIGGER ALL', 'DISABLE TRIGGER USER', 'SET UNLOGGED', 'RENAME TO renamed', 'OWNER TO actor',
  'SET (fillfactor = 50)', 'SET SCHEMA trace', 'CLUSTER ON nothing', 'REPLICA IDENTITY FULL', 'ADD COLUMN fresh int REFERENCES team DEFAULT 1', 'NO INHERIT animal')}`;

const alter = either(
  alterTable, 'ALTER TABLE person ALTER COLUMN seen TYPE bigint', 'ALTER TABLE person ALTER COLUMN seen TYPE int USING trace.by_generated(seen)', 'ALTER TABLE person ALTER seen SET DEFAULT 3', 'ALTER TABLE person ALTER name DROP NOT NULL',
  'ALTER TABLE team RENAME name TO called', 'ALTER TABLE complaint DROP COLUMN words', 'ALTER TABLE person DROP COLUMN email CASCADE', 'ALTER TABLE purchase DROP CONSTRAINT sane', 'ALTER TABLE archive ADD FOREIGN KEY (id) REFERENCES team NOT VALID',
  'ALTER TABLE sorted ADD PRIMARY KEY (k)', 'ALTER TABLE reading DETACH PARTITION reading_other', 'ALTER TABLE reading_2024 DETACH PARTITION reading_2024_a', 'ALTER TABLE cat NO INHERIT animal', 'ALTER TABLE secret NO FORCE ROW LEVEL SECURITY',
  'ALTER DOMAIN email ADD CHECK (trace.by_check_domain(VALUE) <> \'never\')', 'ALTER DOMAIN email SET DEFAULT \'q\'', `ALTER TYPE mood ADD VALUE 'new'`, `ALTER TYPE pair ADD ATTRIBUTE c int CASCADE`, `ALTER SEQUENCE ticket RESTART`, 'ALTER SEQUENCE person_id_seq OWNED BY NONE',
  `ALTER FUNCTION sql_text(int) SET search_path = trace`, `ALTER FUNCTION sql_text(int) RENAME TO other`, 'ALTER VIEW people SET (security_barrier = true)', 'ALTER INDEX team_pkey RENAME TO other', 'ALTER TRIGGER before_row ON person RENAME TO other',
  `ALTER POLICY seen ON secret USING (trace.by_policy_using(id) < 0)`, 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO colleague', 'ALTER SCHEMA trace RENAME TO traces', 'ALTER OPERATOR ~~~ (int, int) SET (RESTRICT = NONE)', 'ALTER STATISTICS sorted_statistics SET STATISTICS 9',
  'ALTER TABLE purchase ALTER COLUMN id RESTART WITH 50', 'ALTER TABLE purchase VALIDATE CONSTRAINT sane', `ALTER ROLE actor SET work_mem = '5MB'`,
);

const drop = either(
  sql`DROP TABLE ${plainTable}${maybe(' CASCADE')}`, 'DROP VIEW overview', 'DROP VIEW people CASCADE', 'DROP MATERIALIZED VIEW totals', 'DROP INDEX purchase_odd', 'DROP SEQUENCE ticket CASCADE', 'DROP FUNCTION sql_text(int) CASCADE',
  'DROP FUNCTION on_after() CASCADE', 'DROP TYPE mood CASCADE', 'DROP DOMAIN email CASCADE', 'DROP TRIGGER before_row ON person', 'DROP RULE ruled_also ON ruled', 'DROP POLICY seen ON secret', 'DROP SCHEMA trace CASCADE', 'DROP OPERATOR ~~~ (int, int)',
  'DROP AGGREGATE tally(int)', 'DROP CAST (pair AS int)', 'DROP STATISTICS sorted_statistics', 'DROP TABLE reading_2024_a', 'DROP PROCEDURE clean', 'DROP OPERATOR CLASS app.odd_ops USING btree CASCADE', 'DROP ROUTINE app.again', 'DROP OWNED BY colleague',
);

const other = either(
  sql`GRANT SELECT ON ${plainTable} TO colleague`, 'GRANT ALL ON ALL TABLES IN SCHEMA trace TO colleague', 'GRANT EXECUTE ON FUNCTION sql_text(int) TO colleague', 'GRANT UPDATE (name) ON person TO colleague', 'REVOKE ALL ON team FROM actor', 'GRANT CREATE ON SCHEMA app TO colleague',
  sql`COMMENT ON TABLE ${plainTable} IS 'x'`, `COMMENT ON COLUMN team.name IS 'x'`, `COMMENT ON FUNCTION again(int) IS 'x'`, `COMMENT ON TRIGGER before_row ON person IS 'x'`, sql`ANALYZE ${plainTable}`, 'ANALYZE sorted (k)', sql`REINDEX TABLE ${plainTable}`, 'REINDEX INDEX purchase_odd',
  'CLUSTER team USING team_pkey', sql`LOCK ${plainTable}`, sql`LOCK ${plainTable} IN ACCESS SHARE MODE`, 'LOCK people', 'REFRESH MATERIALIZED VIEW totals', 'REFRESH MATERIALIZED VIEW CONCURRENTLY totals', 'REFRESH MATERIALIZED VIEW totals WITH NO DATA',
  'REASSIGN OWNED BY actor TO actor', 'GRANT colleague TO actor', `SECURITY LABEL ON TABLE team IS NULL`, 'IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c',
);

/** Statements that change what the database is. */
export const definition: Text = either(create, alter, drop, other);
