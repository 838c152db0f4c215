import type { World } from './world.ts';

type Statement = (w: World) => string;

/** Calls something of the database's own, where it can. */
const call = (w: World, argument: string): string => (w.random.chance(0.6) ? `${w.simple}(${argument})` : w.random.chance(0.5) ? `abs(${argument})` : `${argument} + 1`);
const truth = (w: World, column: string): string => w.random.of([`${column} IS NOT NULL`, `(${column})::text <> 'x'`, `(${column})::text OPERATOR(${w.one('operators').replace(/\(.*/, '')}) 'y'`, `length((${column})::text) > 0`, `(${column})::text = 'x'`, `(${column})::text IN ('x') OR ${column} IS NULL`, `lower((${column})::text) = 'x'`]);
const action = (w: World): string => w.random.of(['', 'ON DELETE CASCADE', 'ON DELETE SET NULL ON UPDATE CASCADE', 'ON UPDATE RESTRICT', 'NOT VALID']);

function column(w: World, name: string): string {
  const { random } = w;
  const more = random.of(['', '', '', 'NOT NULL', 'UNIQUE', `CHECK (${name} IS NOT NULL)`, 'PRIMARY KEY', `REFERENCES ${w.table.name}`, 'DEFAULT NULL']);
  return random.chance(0.15) ? `${name} int DEFAULT ${call(w, '1')}` : random.chance(0.08) ? `${name} int GENERATED ALWAYS AS IDENTITY` : random.chance(0.08) ? `${name} serial` : `${name} ${w.type} ${more}`;
}

const columns = (w: World): string => Array.from({ length: 1 + w.random.below(5) }, (_, n) => column(w, `c${n}`)).join(', ');

const tables: readonly Statement[] = [
  (w) => `CREATE TABLE ${w.fresh('t')} (id int PRIMARY KEY, ${columns(w)})`,
  (w) => `CREATE TABLE ${w.fresh('t')} (${columns(w)}${w.major >= 12 && w.random.chance(0.2) ? w.random.of([', gen int GENERATED ALWAYS AS (2 * 3) STORED', ', one int CHECK (one = 3), gen int GENERATED ALWAYS AS (one + 1) STORED']) : ''})`,
  (w) => `CREATE ${w.random.of(['UNLOGGED', ''])} TABLE ${w.fresh('t')} (id int UNIQUE, ${columns(w)}) ${w.random.of(['', `INHERITS (${w.table.name})`, `INHERITS (${w.table.name}, ${w.table.name})`])}`,
  (w) => `CREATE TABLE ${w.fresh('t')} (LIKE ${w.table.name} ${w.random.of(['INCLUDING ALL', 'INCLUDING DEFAULTS INCLUDING INDEXES', ''])})`,
  (w) => `CREATE TABLE ${w.fresh('t')} AS SELECT * FROM ${w.relation('rv').name} LIMIT 0`,
  (w) => `CREATE TABLE ${w.fresh('t')} (k int, v ${w.type}) PARTITION BY ${w.random.of(['LIST (k)', 'RANGE (k)', 'HASH (k)', `LIST ((${call(w, 'k')}))`, 'RANGE (k, ((k + 1)))'])}`,
  (w) => `CREATE TABLE ${w.fresh('t')} PARTITION OF ${w.relation('p').name} ${w.random.of(['DEFAULT', `FOR VALUES IN (${w.random.below(9)})`, `FOR VALUES FROM (${w.random.below(9)}) TO (${10 + w.random.below(9)})`, `FOR VALUES FROM (${20 + w.random.below(9)}) TO (${21 + w.random.below(9)})`, 'FOR VALUES WITH (MODULUS 2, REMAINDER 1)'])} ${w.random.chance(0.2) ? `PARTITION BY ${w.random.of(['LIST (k)', 'RANGE (k)', 'LIST ((k % 5))'])}` : ''}`,
  (w) => `CREATE TABLE ${w.fresh('t')} ${w.random.chance(0.2) ? `OF ${w.made('c')}` : `(id int PRIMARY KEY, a int REFERENCES ${w.table.name}, b text)`}`,
  (w) => `CREATE TEMPORARY TABLE ${w.plain('t')} (id int PRIMARY KEY, c0 ${w.type}, c1 text DEFAULT 'x')`,
  (w) => `CREATE FOREIGN TABLE ${w.fresh('t')} (c0 int, c1 ${w.type}) SERVER nowhere`,
  (w) => `DROP TABLE ${w.table.name} ${w.random.of(['', 'CASCADE'])}`,
  (w) => `DROP TABLE ${w.table.name}, ${w.table.name} CASCADE`,
  (w) => `DROP TABLE pg_temp.${w.plain('t')}`,
  (w) => `ALTER TABLE ${w.table.name} RENAME TO ${w.plain('t')}`,
  (w) => `ALTER TABLE ${w.table.name} SET SCHEMA ${w.schema}`,
  (w) => `ALTER TABLE ${w.table.name} ${w.random.of(['SET LOGGED', 'SET UNLOGGED', 'SET (fillfactor = 70)', 'OWNER TO grouped', 'REPLICA IDENTITY FULL', 'FORCE ROW LEVEL SECURITY'])}`,
  (w) => `COMMENT ON TABLE ${w.table.name} IS 'said'`,
  (w) => `GRANT ${w.random.of(['SELECT', 'UPDATE (c0)', 'ALL'])} ON ${w.table.name} TO reader`,
  (w) => `CREATE SEQUENCE ${w.fresh('q')} ${w.random.of(['', `OWNED BY ${w.table.name}.c0`])}`, (w) => `DROP SEQUENCE ${w.relation('S').name}`, (w) => `ALTER SEQUENCE ${w.relation('S').name} RENAME TO ${w.plain('q')}`,
  (w) => { const t = w.table; return `ALTER SEQUENCE ${w.relation('S').name} OWNED BY ${w.random.of(['NONE', `${t.name}.${w.column(t)}`])}`; },
  (w) => `TRUNCATE ${w.table.name}`, (w) => { const [t, n] = w.part('constraints'); return `CLUSTER ${t} USING ${n}`; },
];

const altered: readonly Statement[] = [
  (w) => `ALTER TABLE ${w.table.name} ADD COLUMN ${column(w, w.plain('c'))}`,
  (w) => { const t = w.table; return `ALTER TABLE ${t.name} DROP COLUMN ${w.column(t)} ${w.random.of(['', 'CASCADE'])}`; },
  (w) => { const t = w.relation('rpvcf'); return `ALTER TABLE ${t.name} RENAME COLUMN ${w.column(t)} TO ${w.plain('c')}`; },
  (w) => { const t = w.table; const c = w.column(t); return `ALTER TABLE ${t.name} ALTER ${c} TYPE ${w.type} USING NULL`; },
  (w) => { const t = w.table; return `ALTER TABLE ${t.name} ALTER ${t.of(/^text|^character/)} TYPE ${w.random.of(['text COLLATE "C"', 'varchar(30)', 'text', `text COLLATE ${w.one('collations')}`])}`; },
  (w) => { const t = w.relation('rvfp'); return `ALTER TABLE ${t.name} ALTER ${w.column(t)} SET DEFAULT ${w.random.of(['NULL', call(w, '2'), 'cbrt(8)'])}`; },
  (w) => { const t = w.table; return `ALTER TABLE ${t.name} ALTER ${w.column(t)} ${w.random.of(['DROP DEFAULT', 'SET NOT NULL', 'DROP NOT NULL', 'SET STATISTICS 50', 'SET STORAGE PLAIN', 'DROP IDENTITY', 'ADD GENERATED ALWAYS AS IDENTITY'])}`; },
  (w) => { const t = w.table; return `ALTER TABLE ${t.name} ADD CONSTRAINT ${w.plain('k')} CHECK (${truth(w, w.column(t))}) ${w.random.of(['', 'NOT VALID', 'NO INHERIT'])}`; },
  (w) => { const t = w.table; return `ALTER TABLE ${t.name} ADD CONSTRAINT ${w.plain('k')} ${w.random.of(['UNIQUE', 'PRIMARY KEY'])} (${w.column(t)}) ${w.random.of(['', 'DEFERRABLE'])}`; },
  (w) => { const t = w.table; return `ALTER TABLE ${t.name} ADD CONSTRAINT ${w.plain('k')} FOREIGN KEY (${t.of(/^integer/)}) REFERENCES ${w.table.name} ${action(w)}`; },
  (w) => { const t = w.table; const to = w.table; return `ALTER TABLE ${t.name} ADD FOREIGN KEY (${t.of(/^integer/)}) REFERENCES ${to.name} (${to.of(/^integer/)}) ${action(w)}`; },
  (w) => { const t = w.table; return `ALTER TABLE ${t.name} ADD CONSTRAINT ${w.plain('k')} EXCLUDE USING btree (${w.column(t)} WITH =)`; },
  (w) => { const [t, n] = w.part('foreign'); return `ALTER TABLE ${t} VALIDATE CONSTRAINT ${n}`; },
  (w) => { const [t, n] = w.part('constraints'); return `ALTER TABLE ${t} DROP CONSTRAINT ${n} ${w.random.of(['', 'CASCADE'])}`; },
  (w) => { const [t, n] = w.part('constraints'); return `ALTER TABLE ${t} RENAME CONSTRAINT ${n} TO ${w.plain('k')}`; },
  (w) => `ALTER TABLE ${w.relation('p').name} ATTACH PARTITION ${w.table.name} ${w.random.of(['DEFAULT', `FOR VALUES IN (${w.random.below(9)})`])}`,
  (w) => { const [t, n] = w.part('partitions'); return `ALTER TABLE ${t} DETACH PARTITION ${n} ${w.major >= 14 && w.random.chance(0.3) ? w.random.of(['CONCURRENTLY', 'FINALIZE']) : ''}`; },
  (w) => { const [t, n] = w.part('heirs'); return w.random.chance(0.4) ? `ALTER TABLE ${t} NO INHERIT ${n}` : `ALTER TABLE ${w.table.name} INHERIT ${w.table.name}`; },
  (w) => `ALTER TABLE ${w.table.name} ${w.random.of(['ENABLE', 'DISABLE'])} ROW LEVEL SECURITY`,
  (w) => { const what = w.random.of(['TRIGGER', 'RULE']); const [t, n] = w.part(what === 'RULE' ? 'rules' : 'triggers'); return `ALTER TABLE ${t} ${w.random.of(['ENABLE', 'DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA'])} ${what} ${n}`; },
  (w) => `ALTER TABLE ${w.table.name} ${w.random.of(['ENABLE', 'DISABLE'])} TRIGGER ${w.random.of(['ALL', 'USER'])}`,
];

const indexes: readonly Statement[] = [
  (w) => { const t = w.relation('rpm'); return `CREATE ${w.random.of(['', 'UNIQUE'])} INDEX ${w.random.of(['', 'CONCURRENTLY'])} ${w.plain('i')} ON ${t.name} (${w.column(t)})`; },
  (w) => { const t = w.table; return `CREATE UNIQUE INDEX ON ${t.name} (${w.column(t)}, ${w.column(t)}) INCLUDE (${w.column(t)})`; },
  (w) => { const t = w.table; return `CREATE INDEX ON ${t.name} ((${call(w, t.of(/^integer/))}))`; },
  (w) => { const t = w.table; const c = w.column(t); return `CREATE ${w.random.of(['', 'UNIQUE'])} INDEX ${w.plain('i')} ON ${t.name} (${c}) WHERE ${truth(w, c)}`; },
  (w) => { const t = w.table; return `CREATE UNIQUE INDEX ON ${t.name} (${t.of(/^text/)} ${w.random.of(['text_pattern_ops', 'COLLATE "C"', ''])})`; },
  (w) => { const t = w.table; return `CREATE ${w.random.of(['', 'UNIQUE'])} INDEX ON ${t.name} (${t.of(/^integer/)} ${w.one('classes')})`; },
  (w) => `DROP INDEX ${w.random.of(['', 'CONCURRENTLY'])} ${w.relation('i').name}`,
  (w) => `ALTER INDEX ${w.relation('i').name} RENAME TO ${w.plain('i')}`,
  (w) => `REINDEX ${w.random.of(['TABLE', 'INDEX'])} ${w.random.of(['', 'CONCURRENTLY'])} ${w.relation(w.random.of(['r', 'i'])).name}`,
  (w) => { const t = w.table; return `CREATE STATISTICS ${w.fresh('x')} ON ${w.random.of([t.columns.slice(0, 3).join(', '), `(${call(w, t.of(/^integer/))})`])} FROM ${t.name}`; },
  (w) => `DROP STATISTICS ${w.one('statistics')}`, (w) => `ALTER STATISTICS ${w.one('statistics')} ${w.random.of([`RENAME TO ${w.plain('x')}`, `SET SCHEMA ${w.schema}`])}`,
];

const views: readonly Statement[] = [
  (w) => `CREATE OR REPLACE VIEW ${w.fresh('v')} AS SELECT * FROM ${w.relation('rvp').name}`,
  (w) => { const t = w.relation('rvpm'); return `CREATE OR REPLACE VIEW ${w.fresh('v')} AS SELECT ${w.column(t)} AS a, count(*) AS b FROM ${t.name} GROUP BY 1`; },
  (w) => { const t = w.table; const u = w.relation('rv'); return `CREATE VIEW ${w.fresh('v')} AS SELECT l.${w.column(t)} AS a, ${w.simple}(1) AS b, r AS whole FROM ${t.name} AS l, ${u.name} AS r`; },
  (w) => { const t = w.table; return `CREATE VIEW ${w.fresh('v')} AS SELECT ${w.random.of([`'${w.table.name.replaceAll('"', '')}'::regclass AS a`, `'${w.schema}.${w.plain('f')}'::regproc AS a`, `to_tsvector('${w.one('configs')}', 'x') AS a`, `NULL::${w.type} AS a`, `${w.column(t)} COLLATE ${w.one('collations')} AS a`, `${truth(w, w.column(t))} AS a`])} FROM ${t.name}`; },
  (w) => { const e = w.made('e'); return `CREATE VIEW ${w.fresh('v')} AS SELECT ARRAY['a', 'b']::${e}[] AS a, 'a'::${e} AS b`; },
  (w) => `CREATE MATERIALIZED VIEW ${w.fresh('m')} AS SELECT * FROM ${w.relation('rv').name} ${w.random.of(['', 'WITH NO DATA'])}`,
  (w) => `REFRESH MATERIALIZED VIEW ${w.relation('m').name}`,
  (w) => `ALTER ${w.random.of(['VIEW', 'TABLE'])} ${w.relation('v').name} ${w.random.of([`RENAME TO ${w.plain('v')}`, `SET SCHEMA ${w.schema}`])}`,
  (w) => `ALTER MATERIALIZED VIEW ${w.relation('m').name} RENAME TO ${w.plain('m')}`,
  (w) => `DROP VIEW ${w.relation('v').name} ${w.random.of(['', 'CASCADE'])}`, (w) => `DROP MATERIALIZED VIEW ${w.relation('m').name}`,
  (w) => `CREATE OR REPLACE RULE ${w.plain('r')} AS ON ${w.random.of(['INSERT', 'DELETE'])} TO ${w.relation('rv').name} DO ${w.random.of(['ALSO', 'INSTEAD'])} ${w.random.of(['NOTHING', `DELETE FROM ${w.table.name}`, `SELECT ${w.simple}(1)`, 'NOTIFY x'])}`,
  (w) => { const [t, n] = w.part('rules'); return w.random.chance(0.5) ? `ALTER RULE ${n} ON ${t} RENAME TO ${w.plain('r')}` : `DROP RULE ${n} ON ${t}`; },
  (w) => { const t = w.table; return `CREATE RULE "_RETURN" AS ON SELECT TO ${t.name} DO INSTEAD SELECT ${t.columns.map((c) => `NULL::text AS ${c}`).join(', ')}`; },
];

const language = (w: World): string => w.random.of(['LANGUAGE sql AS \'SELECT 1\'', 'LANGUAGE sql IMMUTABLE AS \'SELECT 1\'', 'LANGUAGE plpgsql AS \'BEGIN RETURN 1; END\'', 'LANGUAGE sql SECURITY DEFINER SET search_path = s0 AS \'SELECT 2\'']);

const functions: readonly Statement[] = [
  (w) => `CREATE OR REPLACE FUNCTION ${w.fresh('f')}(a int) RETURNS int IMMUTABLE ${language(w)}`,
  (w) => `CREATE OR REPLACE FUNCTION ${w.fresh('f')}(a int) RETURNS int IMMUTABLE ${language(w)}`,
  (w) => `CREATE OR REPLACE FUNCTION ${w.fresh('f')}(a ${w.type}, b int DEFAULT ${call(w, '3')}) RETURNS int ${language(w)}`,
  (w) => `CREATE FUNCTION ${w.fresh('f')}(a ${w.type}, VARIADIC b int[]) RETURNS int ${language(w)}`,
  (w) => `CREATE FUNCTION ${w.fresh('f')}() RETURNS SETOF ${w.relation('rv').name} LANGUAGE sql AS 'SELECT NULL' SET check_function_bodies = off`,
  (w) => { const t = w.relation('rv'); return w.major >= 14 ? `CREATE FUNCTION ${w.fresh('f')}() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(${w.column(t)}) FROM ${t.name}; END` : 'SELECT 1'; },
  (w) => `CREATE OR REPLACE FUNCTION ${w.schema}.trigged() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
  (w) => `CREATE OR REPLACE PROCEDURE ${w.fresh('p')}(a ${w.type}) LANGUAGE sql AS 'SELECT 1'`,
  (w) => `ALTER FUNCTION ${w.function('f').signature} ${w.random.of(['IMMUTABLE', 'VOLATILE', 'SECURITY DEFINER', 'SET work_mem = \'1MB\'', 'RESET ALL', 'OWNER TO grouped', `RENAME TO ${w.plain('f')}`, `SET SCHEMA ${w.schema}`])}`,
  (w) => `DROP FUNCTION ${w.function('f').signature} ${w.random.of(['', 'CASCADE'])}`, (w) => `DROP PROCEDURE ${w.function('p').signature}`,
  (w) => `GRANT EXECUTE ON FUNCTION ${w.function('f').signature} TO reader`,
  (w) => `COMMENT ON FUNCTION ${w.function('f').signature} IS 'said'`,
  (w) => `CREATE AGGREGATE ${w.fresh('a')}(int) (sfunc = ${w.random.of(['int4larger', 'int4pl', w.function('f').name])}, stype = int)`,
  (w) => `ALTER AGGREGATE ${w.function('a').signature} RENAME TO ${w.plain('a')}`, (w) => `DROP AGGREGATE ${w.function('a').signature}`,
  (w) => `ALTER EXTENSION plpgsql ${w.random.of(['ADD', 'DROP', 'DROP'])} FUNCTION ${w.simple}(int)`,
  () => 'ALTER LANGUAGE plpgsql RENAME TO plelse', () => 'ALTER LANGUAGE plelse RENAME TO plpgsql',
  () => 'ALTER FUNCTION pg_catalog.cbrt(float8) RENAME TO third', () => 'ALTER FUNCTION pg_catalog.third(float8) RENAME TO cbrt',
];

const types: readonly Statement[] = [
  (w) => `CREATE TYPE ${w.fresh('e')} AS ENUM (${w.random.of(["'a', 'b'", "'a'"])})`, (w) => `ALTER TYPE ${w.made('e')} ADD VALUE '${w.plain('n')}'`,
  (w) => `ALTER TYPE ${w.made('e')} RENAME VALUE '${w.random.of(['a', 'b', 'z'])}' TO '${w.random.of(['a', 'b', 'z'])}'`,
  (w) => `CREATE TYPE ${w.fresh('y')} AS (a int, b ${w.type})`,
  (w) => { const [t, n] = w.part('attributes'); return `ALTER TYPE ${t} ${w.random.of([`ADD ATTRIBUTE ${w.plain('c')} ${w.type}`, `DROP ATTRIBUTE ${n}`, `RENAME ATTRIBUTE ${n} TO ${w.plain('c')}`, `ALTER ATTRIBUTE ${n} TYPE text CASCADE`])}`; },
  (w) => `CREATE DOMAIN ${w.fresh('d')} AS ${w.random.of(['int', 'text', w.type])} ${w.random.of(['', 'CHECK (VALUE IS NOT NULL)', "CHECK (VALUE::text = '1')", 'DEFAULT NULL'])}`,
  (w) => `ALTER DOMAIN ${w.made('d')} ${w.random.of([`ADD CONSTRAINT ${w.plain('k')} CHECK (${truth(w, 'VALUE')}) NOT VALID`, `DROP CONSTRAINT IF EXISTS ${w.plain('k')}`, 'SET DEFAULT NULL', 'DROP DEFAULT', 'SET NOT NULL', 'DROP NOT NULL'])}`,
  (w) => `CREATE TYPE ${w.fresh('n')} AS RANGE (subtype = ${w.random.of(['int', 'text', 'numeric'])})`,
  (w) => `ALTER TYPE ${w.made('ecdr')} ${w.random.of([`RENAME TO ${w.plain('y')}`, `SET SCHEMA ${w.schema}`, 'OWNER TO grouped'])}`,
  (w) => `ALTER TYPE ${w.made('ed')} RENAME TO _${w.plain('t')}`,
  (w) => `DROP ${w.random.of(['TYPE', 'DOMAIN'])} ${w.made('ecdr')} ${w.random.of(['', '', 'CASCADE'])}`,
  (w) => `GRANT USAGE ON TYPE ${w.made('ed')} TO reader`,
  (w) => `CREATE OPERATOR ${w.schema}.<#> (leftarg = text, rightarg = text, function = ${w.random.of(['texteq', 'textne'])})`,
  (w) => `CREATE OPERATOR ${w.schema}.<%> (leftarg = ${w.type}, rightarg = int, function = ${w.function('f').name})`,
  (w) => `DROP OPERATOR ${w.one('operators')} ${w.random.of(['', 'CASCADE'])}`, (w) => `ALTER OPERATOR ${w.one('operators')} SET SCHEMA ${w.schema}`,
  (w) => `CREATE OPERATOR CLASS ${w.fresh('o')} FOR TYPE int4 USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 ${w.random.of(['btint4cmp(int4, int4)', `${w.schema}.cmp(int4, int4)`])}`,
  (w) => `CREATE OR REPLACE FUNCTION ${w.schema}.cmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0'`,
  (w) => `ALTER OPERATOR CLASS ${w.one('classes')} USING btree ${w.random.of([`SET SCHEMA ${w.schema}`, `RENAME TO ${w.plain('o')}`])}`,
  (w) => `ALTER OPERATOR FAMILY ${w.one('families')} USING btree ${w.random.of([`ADD FUNCTION 1 (int4, int8) ${w.schema}.cmp8(int4, int8)`, 'DROP FUNCTION 1 (int4, int8)', 'ADD OPERATOR 1 < (int4, int8)', 'DROP OPERATOR 1 (int4, int8)'])}`,
  (w) => `CREATE OR REPLACE FUNCTION ${w.schema}.cmp8(int, bigint) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0'`,
  (w) => `DROP OPERATOR CLASS ${w.one('classes')} USING btree`, (w) => `DROP OPERATOR FAMILY ${w.one('families')} USING btree CASCADE`,
  (w) => `CREATE CAST (${w.made('ecd')} AS int) WITH FUNCTION ${w.function('f').signature} ${w.random.of(['', 'AS ASSIGNMENT', 'AS IMPLICIT'])}`,
  (w) => `CREATE CAST (${w.table.name} AS ${w.made('ec')}) WITH INOUT`, (w) => { const [from, to] = w.part('casts'); return `DROP CAST (${from} AS ${to})`; },
  (w) => `CREATE COLLATION ${w.fresh('l')} FROM "C"`, (w) => `ALTER COLLATION ${w.one('collations')} ${w.random.of([`RENAME TO ${w.plain('l')}`, `SET SCHEMA ${w.schema}`])}`, (w) => `DROP COLLATION ${w.one('collations')}`,
  (w) => `CREATE TEXT SEARCH CONFIGURATION ${w.fresh('g')} (COPY = simple)`, (w) => `ALTER TEXT SEARCH CONFIGURATION ${w.one('configs')} RENAME TO ${w.plain('g')}`, (w) => `DROP TEXT SEARCH CONFIGURATION ${w.one('configs')} CASCADE`,
];

const watchers: readonly Statement[] = [
  (w) => { const t = w.table; return `CREATE TRIGGER ${w.plain('r')} ${w.random.of(['BEFORE', 'AFTER'])} ${w.random.of(['INSERT', 'UPDATE OR DELETE', 'UPDATE'])} ON ${t.name} FOR EACH ${w.random.of([`ROW WHEN (${w.random.of(['OLD', 'NEW'])}.${w.column(t)} IS NOT NULL)`, 'ROW', 'STATEMENT'])} EXECUTE FUNCTION ${w.schema}.trigged()`; },
  (w) => `CREATE TRIGGER ${w.plain('r')} AFTER UPDATE ON ${w.table.name} REFERENCING ${w.random.of(['OLD TABLE AS o', 'NEW TABLE AS n', 'OLD TABLE AS o NEW TABLE AS n'])} FOR EACH ${w.random.of(['ROW', 'STATEMENT'])} EXECUTE FUNCTION ${w.schema}.trigged()`,
  (w) => `CREATE TRIGGER ${w.plain('r')} AFTER TRUNCATE ON ${w.table.name} EXECUTE FUNCTION ${w.schema}.trigged()`, (w) => `CREATE TRIGGER ${w.plain('r')} INSTEAD OF INSERT ON ${w.relation('v').name} FOR EACH ROW EXECUTE FUNCTION ${w.schema}.trigged()`,
  (w) => `CREATE CONSTRAINT TRIGGER ${w.plain('r')} AFTER UPDATE ON ${w.relation('r').name} DEFERRABLE FOR EACH ROW EXECUTE FUNCTION ${w.schema}.trigged()`,
  (w) => { const [t, n] = w.part('triggers'); return w.random.chance(0.5) ? `ALTER TRIGGER ${n} ON ${t} RENAME TO ${w.plain('r')}` : `DROP TRIGGER ${n} ON ${t}`; },
  (w) => { const t = w.table; const u = w.table; return `CREATE POLICY ${w.plain('b')} ON ${t.name} ${w.random.of(['', 'FOR SELECT', 'FOR INSERT', 'FOR UPDATE'])} ${w.random.of([`USING (${truth(w, w.column(t))})`, `USING (EXISTS (SELECT ${w.column(u)} FROM ${u.name}))`, `WITH CHECK (${w.simple}(1) > 0)`])}`; },
  (w) => { const [t, n] = w.part('policies'); const u = w.table; return `ALTER POLICY ${n} ON ${t} ${w.random.of([`RENAME TO ${w.plain('b')}`, `USING (EXISTS (SELECT ${w.column(u)} FROM ${u.name}))`, `USING (${w.simple}(1) > 1)`, 'TO reader'])}`; },
  (w) => { const [t, n] = w.part('policies'); return `DROP POLICY ${n} ON ${t}`; },
  () => `CREATE OR REPLACE FUNCTION public.heard() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'`,
  (w) => `CREATE EVENT TRIGGER ${w.plain('h')} ON ${w.random.of(['ddl_command_end', 'sql_drop', 'ddl_command_start WHEN TAG IN (\'DROP TABLE\')'])} EXECUTE FUNCTION public.heard()`,
  (w) => `ALTER EVENT TRIGGER ${w.one('eventTriggers')} ${w.random.of(['DISABLE', 'ENABLE', 'ENABLE REPLICA', `RENAME TO ${w.plain('h')}`])}`, (w) => `DROP EVENT TRIGGER ${w.one('eventTriggers')}`,
];

const schemas: readonly Statement[] = [
  (w) => `CREATE SCHEMA s${w.random.below(4)}`, (w) => `CREATE SCHEMA s${w.random.below(4)}`, (w) => `DROP SCHEMA ${w.schema} ${w.random.chance(0.15) ? 'CASCADE' : ''}`, (w) => `ALTER SCHEMA ${w.schema} RENAME TO s${w.random.below(4)}`,
  (w) => `${w.random.of(['GRANT USAGE ON SCHEMA', 'GRANT ALL ON SCHEMA'])} ${w.schema} TO ${w.random.of(['reader', 'grouped'])}`, (w) => `REVOKE ALL ON SCHEMA ${w.schema} FROM ${w.random.of(['reader', 'grouped', 'public'])}`,
  () => 'GRANT grouped TO reader', () => 'REVOKE grouped FROM reader', (w) => `COMMENT ON SCHEMA ${w.schema} IS 'said'`, () => 'DROP OWNED BY grouped CASCADE', () => 'REASSIGN OWNED BY grouped TO postgres',
  () => 'ANALYZE', (w) => `VACUUM ${w.random.of(['FULL', 'FREEZE'])} pg_catalog.${w.random.of(['pg_class', 'pg_attribute', 'pg_proc', 'pg_constraint', 'pg_index', 'pg_depend', 'pg_type'])}`,
];

/** What the statements build on, besides the roles `reader` and `grouped`. */
export const setUp = `CREATE SCHEMA s0; CREATE SCHEMA s1; GRANT ALL ON SCHEMA public TO grouped; CREATE FUNCTION s0.trigged() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE FUNCTION public.f0(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; CREATE FOREIGN DATA WRAPPER none; CREATE SERVER nowhere FOREIGN DATA WRAPPER none`;

const groups: readonly { readonly share: number; readonly statements: readonly Statement[] }[] = [
  { share: 6, statements: tables }, { share: 7, statements: altered }, { share: 4, statements: indexes }, { share: 5, statements: views }, { share: 5, statements: functions },
  { share: 6, statements: types }, { share: 4, statements: watchers }, { share: 2, statements: schemas },
];

/** DDL of any kind. The server may refuse it. */
export function anyStatement(w: World): string {
  let at = w.random.below(groups.reduce((sum, { share }) => sum + share, 0));
  for (const { share, statements } of groups) {
    at -= share;
    if (at < 0) return statements[w.random.below(statements.length)]?.(w) ?? '';
  }
  return '';
}
