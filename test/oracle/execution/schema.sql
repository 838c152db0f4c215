-- A database in which code hides wherever PostgreSQL lets it. Each hiding place writes to a table of its own in schema `trace`, so that a
-- write nobody predicted says by its name where the interpreter did not look. Loaded by a superuser; sessions are `actor`, who owns it.
CREATE ROLE actor LOGIN CREATEROLE PASSWORD 'actor';
-- It must see the rows of the server's own catalogs, which the measuring compares.
GRANT pg_read_all_data TO actor;
CREATE ROLE colleague;
GRANT colleague TO actor WITH ADMIN OPTION;
GRANT CREATE ON DATABASE oracle TO actor;
SET ROLE actor;
CREATE SCHEMA app;
CREATE SCHEMA trace;

-- trace.<place>, a volatile function that writes to it, and one for each type of value that hands its argument back.
DO $do$
DECLARE place text;
BEGIN
  FOREACH place IN ARRAY ARRAY['column_default', 'domain_default', 'check_column', 'check_table', 'check_domain', 'generated', 'index_expression', 'index_predicate',
    'policy_using', 'policy_check', 'trigger_before', 'trigger_after', 'trigger_statement', 'trigger_deferred', 'trigger_when', 'trigger_truncate', 'trigger_leaf',
    'trigger_instead', 'rule_also', 'rule_instead', 'view_column', 'matview', 'operator', 'operator_class', 'cast_explicit', 'cast_assignment', 'cast_implicit',
    'aggregate_step', 'aggregate_final', 'event_start', 'event_end', 'event_drop', 'sql_text', 'sql_atomic', 'loop', 'dynamic', 'exception', 'cursor', 'procedure',
    'overload_int', 'overload_text', 'definer', 'exclusion', 'statistics', 'range_diff', 'argument_default', 'partition_key', 'copied',
    'comparison', 'comparison_hash', 'view_default', 'view_where', 'event_rewrite', 'aggregate_moving', 'domain_argument', 'transition', 'transition_update', 'transition_root', 'transition_heir', 'transition_row', 'transition_moved'] LOOP
    EXECUTE format('CREATE TABLE trace.%I (at timestamptz DEFAULT clock_timestamp(), value text)', place);
    EXECUTE format($f$CREATE FUNCTION trace.hear_%1$s(value text) RETURNS void LANGUAGE plpgsql AS 'BEGIN INSERT INTO trace.%1$I (value) VALUES (value); END'$f$, place);
    -- PL/pgSQL writes in a function that says it is immutable when another one, which does not, does it.
    EXECUTE format($f$CREATE FUNCTION trace.by_%1$s(v int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM trace.hear_%1$s(v::text); RETURN v; END'$f$, place);
    EXECUTE format($f$CREATE FUNCTION trace.by_%1$s(v text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM trace.hear_%1$s(v); RETURN v; END'$f$, place);
  END LOOP;
END $do$;

SET search_path = app, public;

-- Types
CREATE DOMAIN email AS text DEFAULT 'nobody' CHECK (trace.by_check_domain(VALUE) IS NOT NULL);
CREATE DOMAIN work_email AS email CHECK (length(VALUE) < 100);
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a int, b int);
CREATE TYPE contact AS (address work_email, phone text);
CREATE FUNCTION pair_to_int(p pair) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN trace.by_cast_implicit(p.a); END $$;
CREATE CAST (pair AS int) WITH FUNCTION pair_to_int(pair) AS IMPLICIT;
CREATE FUNCTION pair_to_text(p pair) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN trace.by_cast_assignment(p.b::text); END $$;
CREATE CAST (pair AS text) WITH FUNCTION pair_to_text(pair) AS ASSIGNMENT;
CREATE FUNCTION int_to_pair(i int) RETURNS pair LANGUAGE plpgsql AS $$ BEGIN RETURN (trace.by_cast_explicit(i), i)::pair; END $$;
CREATE CAST (int AS pair) WITH FUNCTION int_to_pair(int);
CREATE FUNCTION span_diff(a float8, b float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM trace.hear_range_diff(a::text); RETURN a - b; END $$;
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = span_diff);

-- Operators, a class of them, an aggregate
CREATE FUNCTION near(a int, b int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_operator(a::text); RETURN abs(a - b) < 3; END $$;
CREATE OPERATOR ~~~ (LEFTARG = int, RIGHTARG = int, FUNCTION = near, COMMUTATOR = ~~~, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE FUNCTION negated(a text) RETURNS text LANGUAGE sql AS $$ SELECT trace.by_operator(a) $$;
CREATE OPERATOR !! (RIGHTARG = text, FUNCTION = negated);
CREATE FUNCTION odd_compare(a int, b int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM trace.hear_operator_class(a::text); RETURN CASE WHEN a < b THEN 1 WHEN a > b THEN -1 ELSE 0 END; END $$;
RESET ROLE;
CREATE OPERATOR CLASS app.odd_ops FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 app.odd_compare(int, int);
SET ROLE actor;
-- A type that sorts, and hashes, by its own functions.
CREATE TYPE ranked AS (v int);
CREATE FUNCTION ranked_compare(a ranked, b ranked) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM trace.hear_comparison(a.v::text); RETURN sign(a.v - b.v); END $$;
CREATE FUNCTION ranked_hash(a ranked) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN trace.by_comparison_hash(a.v); END $$;
CREATE FUNCTION ranked_less(a ranked, b ranked) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT app.ranked_compare(a, b) < 0 $$;
CREATE FUNCTION ranked_more(a ranked, b ranked) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT app.ranked_compare(a, b) > 0 $$;
CREATE FUNCTION ranked_at_most(a ranked, b ranked) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT app.ranked_compare(a, b) <= 0 $$;
CREATE FUNCTION ranked_at_least(a ranked, b ranked) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT app.ranked_compare(a, b) >= 0 $$;
CREATE FUNCTION ranked_same(a ranked, b ranked) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT app.ranked_compare(a, b) = 0 $$;
CREATE OPERATOR < (LEFTARG = ranked, RIGHTARG = ranked, FUNCTION = ranked_less, COMMUTATOR = >);
CREATE OPERATOR > (LEFTARG = ranked, RIGHTARG = ranked, FUNCTION = ranked_more, COMMUTATOR = <);
CREATE OPERATOR <= (LEFTARG = ranked, RIGHTARG = ranked, FUNCTION = ranked_at_most);
CREATE OPERATOR >= (LEFTARG = ranked, RIGHTARG = ranked, FUNCTION = ranked_at_least);
CREATE OPERATOR = (LEFTARG = ranked, RIGHTARG = ranked, FUNCTION = ranked_same, COMMUTATOR = =, HASHES, MERGES);
RESET ROLE;
CREATE OPERATOR CLASS app.ranked_ops DEFAULT FOR TYPE app.ranked USING btree AS OPERATOR 1 app.<, OPERATOR 2 app.<=, OPERATOR 3 app.=, OPERATOR 4 app.>=, OPERATOR 5 app.>, FUNCTION 1 app.ranked_compare(app.ranked, app.ranked);
CREATE OPERATOR CLASS app.ranked_hash_ops DEFAULT FOR TYPE app.ranked USING hash AS OPERATOR 1 app.=, FUNCTION 1 app.ranked_hash(app.ranked);
SET ROLE actor;
CREATE FUNCTION tally_step(state int, v int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_aggregate_step(v::text); RETURN coalesce(state, 0) + coalesce(v, 0); END $$;
CREATE FUNCTION tally_final(state int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_aggregate_final(state::text); RETURN state; END $$;
CREATE AGGREGATE tally(int) (SFUNC = tally_step, STYPE = int, FINALFUNC = tally_final);
CREATE FUNCTION tally_back(state int, v int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_aggregate_moving(v::text); RETURN state - v; END $$;
CREATE AGGREGATE moving(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int, MINITCOND = '0');
CREATE AGGREGATE moving_heard(int) (SFUNC = tally_step, STYPE = int, MSFUNC = tally_step, MINVFUNC = tally_back, MSTYPE = int);
CREATE AGGREGATE middle(ORDER BY int) (SFUNC = tally_step, STYPE = int, FINALFUNC = tally_final);

-- Tables that refer to each other, with every action
CREATE SEQUENCE ticket;
CREATE TABLE team (id int PRIMARY KEY, name text NOT NULL DEFAULT trace.by_column_default('t'));
CREATE TABLE person (id serial PRIMARY KEY, name text NOT NULL, email email, boss int REFERENCES person ON DELETE SET NULL,
  team int DEFAULT 1 REFERENCES team ON DELETE SET DEFAULT ON UPDATE CASCADE, feeling mood DEFAULT 'ok', seen int DEFAULT trace.by_column_default(1));
CREATE TABLE purchase (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, person int REFERENCES person ON DELETE CASCADE ON UPDATE CASCADE,
  total int CHECK (trace.by_check_column(total) >= 0), placed date DEFAULT current_date, ticket int DEFAULT nextval('ticket'), CONSTRAINT sane CHECK (trace.by_check_table(total) < 1000000 OR person IS NULL));
CREATE TABLE line (purchase int REFERENCES purchase ON DELETE CASCADE ON UPDATE CASCADE, n int, quantity int DEFAULT 1, price int DEFAULT 1,
  amount int GENERATED ALWAYS AS (trace.by_generated(quantity * price)) STORED, PRIMARY KEY (purchase, n));
CREATE TABLE parcel (id int PRIMARY KEY, purchase int, n int, FOREIGN KEY (purchase, n) REFERENCES line ON DELETE SET NULL (n) ON UPDATE CASCADE);
CREATE TABLE complaint (id int PRIMARY KEY, person int REFERENCES person ON DELETE RESTRICT, parcel int REFERENCES parcel ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, words text);
CREATE TABLE archive (id int, what text, at timestamptz DEFAULT now());
CREATE INDEX purchase_odd ON purchase (trace.by_index_expression(total));
CREATE INDEX purchase_some ON purchase (placed) WHERE trace.by_index_predicate(id) > 0;
CREATE TABLE sorted (k int, v text);
CREATE INDEX sorted_k ON sorted (k odd_ops);
CREATE STATISTICS sorted_statistics ON (trace.by_statistics(k)), v FROM sorted;
CREATE TABLE booking (id int, during span, EXCLUDE USING gist (during WITH &&));
CREATE TABLE ranks (id int PRIMARY KEY, r ranked);
CREATE TABLE card (id int PRIMARY KEY, who contact, emails work_email[], scores pair);

-- Triggers: row, statement, deferred, with a condition, of TRUNCATE
CREATE FUNCTION on_before() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_trigger_before(TG_OP); RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END; END $$;
CREATE FUNCTION on_after() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.archive (id, what) VALUES (1, TG_OP); PERFORM trace.hear_trigger_after(TG_OP); RETURN NULL; END $$;
CREATE FUNCTION on_statement() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO trace.trigger_statement (value) SELECT t.name FROM gone t; RETURN NULL; END $$;
CREATE FUNCTION on_deferred() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_trigger_deferred(TG_OP); RETURN NULL; END $$;
CREATE FUNCTION on_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_trigger_truncate(TG_OP); RETURN NULL; END $$;
CREATE FUNCTION on_leaf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_trigger_leaf(TG_OP); RETURN NEW; END $$;
CREATE FUNCTION on_nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER before_row BEFORE INSERT OR UPDATE OR DELETE ON person FOR EACH ROW EXECUTE FUNCTION on_before();
CREATE TRIGGER after_row AFTER INSERT OR UPDATE OF total OR DELETE ON purchase FOR EACH ROW EXECUTE FUNCTION on_after();
CREATE TRIGGER after_statement AFTER DELETE ON person REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION on_statement();
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT OR UPDATE OR DELETE ON line DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION on_deferred();
CREATE TRIGGER on_condition AFTER UPDATE ON parcel FOR EACH ROW WHEN (trace.by_trigger_when(NEW.id) > 100000) EXECUTE FUNCTION on_nothing();
CREATE TRIGGER emptied BEFORE TRUNCATE ON purchase FOR EACH STATEMENT EXECUTE FUNCTION on_truncate();

CREATE FUNCTION on_transition() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_transition((SELECT count(*) FROM fresh)::text); RETURN NULL; END $$;
CREATE TRIGGER transition AFTER INSERT ON sorted REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION on_transition();

CREATE TABLE member (person int, secret int);
-- Under the names of other tables, which what is called from there sees again
CREATE FUNCTION persons() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM person $$;
CREATE FUNCTION on_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO trace.transition_update (value) SELECT p.name FROM person p JOIN team USING (id);
  UPDATE app.archive SET what = 'renamed' WHERE id IN (SELECT id FROM person);
  PERFORM app.persons();
  RETURN NULL;
END $$;
CREATE TRIGGER renamed AFTER UPDATE ON team REFERENCING OLD TABLE AS team NEW TABLE AS person FOR EACH STATEMENT EXECUTE FUNCTION on_renamed();
-- For each row, each time all of them; what it changes sets off the next one
CREATE FUNCTION on_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM app.member WHERE secret = OLD.n;
  EXECUTE 'INSERT INTO trace.transition_row (value) SELECT n FROM gone';
  UPDATE app.complaint c SET words = 'gone' FROM gone g WHERE c.id = g.n;
  RETURN NULL;
END $$;
CREATE TRIGGER gone AFTER DELETE ON line REFERENCING OLD TABLE AS gone FOR EACH ROW EXECUTE FUNCTION on_gone();
CREATE FUNCTION on_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.ruled r USING after a JOIN before b USING (id) WHERE r.id = a.id; RETURN NULL; END $$;
CREATE TRIGGER words AFTER UPDATE ON complaint REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION on_words();
-- Views: updatable, on one another, with triggers, with rules, with code
CREATE VIEW people AS SELECT id, name, email, team FROM person;
CREATE VIEW people_known AS SELECT id, name, team FROM people WHERE name IS NOT NULL WITH CASCADED CHECK OPTION;
ALTER VIEW people ALTER COLUMN email SET DEFAULT trace.by_view_default('e');
CREATE VIEW busy AS SELECT id, name, team FROM person WHERE id IN (SELECT person FROM member) AND trace.by_view_where(id) > 0;
CREATE VIEW purchases AS SELECT o.id, o.total, p.name FROM purchase o JOIN person p ON p.id = o.person;
CREATE FUNCTION on_instead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM trace.hear_trigger_instead(TG_OP);
  IF TG_OP = 'DELETE' THEN DELETE FROM app.purchase WHERE id = OLD.id; RETURN OLD; END IF;
  UPDATE app.purchase SET total = NEW.total WHERE id = NEW.id;
  RETURN NEW;
END $$;
CREATE TRIGGER instead INSTEAD OF INSERT OR UPDATE OR DELETE ON purchases FOR EACH ROW EXECUTE FUNCTION on_instead();
CREATE VIEW teams AS SELECT t.id, t.name FROM team t;
CREATE RULE teams_insert AS ON INSERT TO teams DO INSTEAD INSERT INTO archive (id, what) VALUES (NEW.id, trace.by_rule_instead(NEW.name));
CREATE RULE teams_update AS ON UPDATE TO teams DO INSTEAD (UPDATE team SET name = NEW.name WHERE id = OLD.id; INSERT INTO archive (id, what) VALUES (OLD.id, 'renamed'));
CREATE RULE teams_delete AS ON DELETE TO teams DO INSTEAD NOTHING;
CREATE VIEW listening AS SELECT id, trace.by_view_column(name) AS name FROM team;
CREATE VIEW overview AS SELECT l.name, (SELECT count(*) FROM people_known k WHERE k.team = l.id) AS members FROM listening l;
CREATE VIEW invoker WITH (security_invoker = true) AS SELECT * FROM people WHERE id > 0;
CREATE TABLE ruled (id int PRIMARY KEY, v text);
CREATE RULE ruled_also AS ON DELETE TO ruled DO ALSO INSERT INTO archive (id, what) VALUES (OLD.id, trace.by_rule_also(OLD.v));
CREATE RULE ruled_some AS ON UPDATE TO ruled WHERE NEW.id < 0 DO INSTEAD DELETE FROM ruled WHERE id = OLD.id;
CREATE MATERIALIZED VIEW totals AS SELECT person, trace.by_matview(sum(total)::int) AS total FROM purchase GROUP BY person;
CREATE UNIQUE INDEX ON totals (person);

-- Partitions below partitions, and inheritance
CREATE TABLE reading (id int, day date, kind text, value int DEFAULT trace.by_column_default(1)) PARTITION BY RANGE (day);
CREATE TABLE reading_2024 PARTITION OF reading FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (kind);
CREATE TABLE reading_2024_a PARTITION OF reading_2024 FOR VALUES IN ('a');
CREATE TABLE reading_2024_rest PARTITION OF reading_2024 DEFAULT PARTITION BY HASH (id);
CREATE TABLE reading_2024_rest_0 PARTITION OF reading_2024_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE reading_2024_rest_1 PARTITION OF reading_2024_rest FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE reading_other PARTITION OF reading DEFAULT;
ALTER TABLE reading_2024_a ADD CONSTRAINT leaf_check CHECK (trace.by_check_table(value) IS NOT NULL);
CREATE TRIGGER leaf BEFORE INSERT OR UPDATE ON reading_2024_rest_1 FOR EACH ROW EXECUTE FUNCTION on_leaf();
CREATE TRIGGER all_rows AFTER INSERT OR DELETE ON reading FOR EACH ROW EXECUTE FUNCTION on_after();
CREATE FUNCTION on_root() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO trace.transition_root (value) SELECT kind FROM rows; RETURN NULL; END $$;
CREATE FUNCTION on_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH lost AS (SELECT id FROM old_rows EXCEPT SELECT id FROM new_rows) INSERT INTO trace.transition_moved (value) SELECT id FROM lost UNION ALL SELECT id FROM new_rows;
  DELETE FROM app.sorted WHERE k IN (SELECT id FROM new_rows);
  RETURN NULL;
END $$;
CREATE TRIGGER root_added AFTER INSERT ON reading REFERENCING NEW TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION on_root();
CREATE TRIGGER root_gone AFTER DELETE ON reading REFERENCING OLD TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION on_root();
CREATE TRIGGER root_moved AFTER UPDATE ON reading REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION on_moved();
CREATE TRIGGER leaf_gone AFTER DELETE ON reading_2024_a REFERENCING OLD TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION on_root();
CREATE TABLE keyed (id int, v text) PARTITION BY RANGE (trace.by_partition_key(id));
CREATE TABLE keyed_low PARTITION OF keyed FOR VALUES FROM (0) TO (1000);
CREATE TABLE animal (id int, name text CHECK (trace.by_check_column(name) IS NOT NULL));
CREATE TABLE cat (lives int DEFAULT 9) INHERITS (animal);
CREATE TABLE lion (mane boolean) INHERITS (cat);
CREATE FUNCTION on_heir() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE app.sorted SET v = rows.name FROM rows WHERE rows.id = sorted.k; INSERT INTO trace.transition_heir (value) SELECT name FROM rows; RETURN NULL; END $$;
CREATE TRIGGER animal_gone AFTER DELETE ON animal REFERENCING OLD TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION on_heir();
CREATE TRIGGER cat_changed AFTER UPDATE ON cat REFERENCING NEW TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION on_heir();
CREATE TRIGGER lion_row AFTER UPDATE OR DELETE ON lion FOR EACH ROW EXECUTE FUNCTION on_after();

-- Row security, with code and with another table in it
CREATE TABLE secret (id int PRIMARY KEY, owner int, words text);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON secret FOR SELECT USING (trace.by_policy_using(id) > 0 OR EXISTS (SELECT 1 FROM member m WHERE m.secret = secret.id));
CREATE POLICY written ON secret FOR ALL USING (owner > 0) WITH CHECK (trace.by_policy_check(owner) > 0);

-- Functions of each kind
CREATE FUNCTION sql_text(i int) RETURNS int LANGUAGE sql AS $$ INSERT INTO trace.sql_text (value) VALUES (i::text); SELECT i $$;
CREATE FUNCTION sql_atomic(i int) RETURNS int LANGUAGE sql BEGIN ATOMIC INSERT INTO trace.sql_atomic (value) VALUES (i::text); SELECT sql_text(i); END;
CREATE FUNCTION looping(n int DEFAULT trace.by_argument_default(1)) RETURNS int LANGUAGE plpgsql AS $$
DECLARE one app.person; total int := 0;
BEGIN
  FOR one IN SELECT * FROM app.person LOOP total := total + one.id; END LOOP;
  FOR i IN 1..least(n, 3) LOOP PERFORM trace.hear_loop(i::text); END LOOP;
  WHILE n > 100000 LOOP n := n - 1; DELETE FROM app.team WHERE id = n; END LOOP;
  RETURN total;
END $$;
CREATE FUNCTION dynamic(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'INSERT INTO trace.dynamic (value) VALUES ($1)' USING i::text; RETURN i; END $$;
CREATE FUNCTION computed(relation text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('INSERT INTO trace.%I (value) VALUES (1)', relation); RETURN 1; END $$;
CREATE FUNCTION catching(i int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  BEGIN INSERT INTO app.team (id) VALUES (i); INSERT INTO app.team (id) VALUES (i);
  EXCEPTION WHEN unique_violation THEN PERFORM trace.hear_exception(SQLERRM); END;
  RETURN i;
END $$;
CREATE FUNCTION with_cursor() RETURNS int LANGUAGE plpgsql AS $$
DECLARE c CURSOR (lowest int) FOR SELECT id FROM app.person WHERE id > lowest FOR UPDATE; who int; n int := 0;
BEGIN
  OPEN c(0);
  LOOP FETCH c INTO who; EXIT WHEN NOT FOUND; UPDATE app.person SET seen = seen + 1 WHERE CURRENT OF c; n := n + 1; END LOOP;
  CLOSE c;
  PERFORM trace.hear_cursor(n::text);
  RETURN n;
END $$;
CREATE FUNCTION definer(i int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = trace AS $$ BEGIN INSERT INTO definer (value) VALUES (i::text); RETURN i; END $$;
CREATE FUNCTION overloaded(i int) RETURNS int LANGUAGE sql AS $$ SELECT trace.by_overload_int(i) $$;
CREATE FUNCTION overloaded(i text) RETURNS text LANGUAGE sql AS $$ SELECT trace.by_overload_text(i) $$;
CREATE FUNCTION overloaded(VARIADIC many int[]) RETURNS int LANGUAGE sql AS $$ SELECT count(*)::int FROM app.team $$;
CREATE FUNCTION rows_of(lowest int) RETURNS SETOF person LANGUAGE sql AS $$ SELECT * FROM person WHERE id > lowest $$;
CREATE FUNCTION deep(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN app.sql_atomic(i) + app.dynamic(i) + app.definer(i); END $$;
CREATE FUNCTION again(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF i <= 0 THEN RETURN 0; END IF; RETURN app.again(i - 1) + app.sql_text(i); END $$;
CREATE FUNCTION settles(v text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('app.mode', v, true); PERFORM set_config('transform_null_equals', 'on', true); RETURN v; END $$;
CREATE FUNCTION locks(i int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(i); PERFORM pg_notify('news', 'x'); END $$;
CREATE FUNCTION makes_table() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE TEMP TABLE made (a int); INSERT INTO made VALUES (1); DROP TABLE made; END $$;
CREATE FUNCTION keeps() RETURNS oid LANGUAGE plpgsql AS $$ BEGIN RETURN lo_from_bytea(0, 'kept'); END $$;
CREATE FUNCTION takes_email(e email) RETURNS email LANGUAGE plpgsql AS $$ BEGIN RETURN e || 'x'; END $$;
CREATE FUNCTION gives_contact(OUT c contact) LANGUAGE plpgsql AS $$ BEGIN c.address := 'a@b'; END $$;
CREATE FUNCTION gives_emails() RETURNS TABLE (e email) LANGUAGE sql AS $$ SELECT 'x'::text $$;
CREATE PROCEDURE clean_default(before int DEFAULT trace.by_argument_default(1)) LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE PROCEDURE clean(before int, INOUT n int DEFAULT 0) LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.archive WHERE id < before; GET DIAGNOSTICS n = ROW_COUNT; PERFORM trace.hear_procedure(n::text); END $$;
CREATE PROCEDURE clean_sql(before int) LANGUAGE sql BEGIN ATOMIC DELETE FROM app.archive WHERE id < before; INSERT INTO trace.procedure (value) VALUES ('sql'); END;

INSERT INTO team (id, name) SELECT i, 'team ' || i FROM generate_series(1, 4) i;
INSERT INTO person (name, email, boss, team) SELECT 'p' || i, 'p' || i || '@x', nullif(i / 2, 0), 1 + i % 4 FROM generate_series(1, 12) i;
INSERT INTO purchase (person, total) SELECT 1 + i % 12, i * 10 FROM generate_series(1, 20) i;
INSERT INTO line (purchase, n, quantity, price) SELECT 1 + i % 20, i, 2, i FROM generate_series(1, 40) i;
INSERT INTO parcel (id, purchase, n) SELECT row_number() OVER (), purchase, n FROM line WHERE n % 2 = 0;
INSERT INTO complaint (id, person, parcel, words) SELECT i, CASE WHEN i = 1 THEN 12 END, i, 'late' FROM generate_series(1, 8) i;
INSERT INTO archive (id, what) SELECT i, 'old' FROM generate_series(1, 5) i;
INSERT INTO sorted SELECT i, 'v' || i FROM generate_series(1, 9) i;
INSERT INTO booking SELECT i, span(i, i + 0.5) FROM generate_series(1, 5) i;
INSERT INTO card (id, who, emails, scores) SELECT i, ROW('a@x', '1')::contact, ARRAY['b@x']::work_email[], ROW(i, i)::pair FROM generate_series(1, 3) i;
INSERT INTO ruled SELECT i, 'r' || i FROM generate_series(1, 5) i;
INSERT INTO reading (id, day, kind) SELECT i, date '2023-12-25' + i * 20, CASE i % 3 WHEN 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 24) i;
INSERT INTO keyed SELECT i, 'k' FROM generate_series(1, 5) i;
INSERT INTO animal VALUES (1, 'x'); INSERT INTO cat VALUES (2, 'tom'); INSERT INTO lion VALUES (3, 'leo', 9, true);
INSERT INTO member VALUES (1, 1), (2, 3);
INSERT INTO secret (id, owner, words) SELECT i, i, 's' || i FROM generate_series(1, 4) i;
INSERT INTO ranks SELECT i, ROW(i % 3)::ranked FROM generate_series(1, 6) i;
REFRESH MATERIALIZED VIEW totals;
ANALYZE;

-- Last: from here on every definition is heard.
CREATE FUNCTION on_start() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_event_start(TG_TAG); END $$;
CREATE FUNCTION on_end() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_event_end(TG_TAG); END $$;
CREATE FUNCTION on_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_event_drop(TG_TAG); END $$;
CREATE FUNCTION on_rewrite() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trace.hear_event_rewrite(TG_TAG); END $$;
RESET ROLE;
CREATE EVENT TRIGGER rewrites ON table_rewrite EXECUTE FUNCTION app.on_rewrite();
CREATE EVENT TRIGGER starts ON ddl_command_start WHEN TAG IN ('CREATE TABLE', 'CREATE VIEW', 'ALTER TABLE') EXECUTE FUNCTION app.on_start();
CREATE EVENT TRIGGER ends ON ddl_command_end EXECUTE FUNCTION app.on_end();
CREATE EVENT TRIGGER drops ON sql_drop EXECUTE FUNCTION app.on_drop();
