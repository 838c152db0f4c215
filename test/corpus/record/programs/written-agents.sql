-- $ [7]
SELECT o.id, o.status, o.placed_at FROM orders o WHERE o.customer_id = $1 ORDER BY o.placed_at DESC LIMIT 20;

SELECT * FROM orders WHERE placed_at >= '2026-05-01' AND placed_at < '2026-05-08';

SELECT count(*) FROM orders WHERE status = 'paid' AND placed_at > now() - interval '7 days';

SELECT id, name, email FROM customers TABLESAMPLE SYSTEM (1) LIMIT 5;

-- $ ["2026-05-01", 120]
SELECT id, placed_at FROM orders WHERE (placed_at, id) < ($1, $2) ORDER BY placed_at DESC, id DESC LIMIT 50;

SELECT customer_id, placed_at, sum(count(*)) OVER (PARTITION BY customer_id ORDER BY placed_at) AS running FROM orders GROUP BY customer_id, placed_at;

SELECT date_trunc('week', placed_at) AS week, count(*), lag(count(*)) OVER (ORDER BY date_trunc('week', placed_at)) AS before FROM orders GROUP BY 1 ORDER BY 1;

SELECT c.id, c.name, jsonb_agg(jsonb_build_object('id', o.id, 'status', o.status) ORDER BY o.id) AS orders FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = ANY('{1,2,3}') GROUP BY c.id;

SELECT slug, ts_rank(search, q) AS rank, ts_headline('english', body, q) FROM articles, websearch_to_tsquery('english', 'oak or ash') q WHERE search @@ q ORDER BY rank DESC LIMIT 10;

SELECT * FROM articles WHERE tags @> ARRAY['tree'] AND meta ->> 'lang' = 'en';

WITH RECURSIVE days AS (SELECT date '2026-05-01' AS d UNION ALL SELECT d + 1 FROM days WHERE d < '2026-05-07') SELECT d, count(o.id) FROM days LEFT JOIN orders o ON o.placed_at::date = d GROUP BY d ORDER BY d;

SELECT c.name, latest.* FROM customers c CROSS JOIN LATERAL (SELECT id, status FROM orders WHERE customer_id = c.id ORDER BY placed_at DESC LIMIT 1) latest WHERE c.id < 10;

SELECT customer_spend(5);

SELECT * FROM order_totals WHERE customer_id = 5;

SELECT * FROM daily_sales ORDER BY day DESC LIMIT 30;

-- $ [17]
UPDATE orders SET status = 'shipped' WHERE id = $1;

UPDATE orders SET status = 'cancelled' WHERE id IN (17, 18, 19) RETURNING id, status;

-- $ [[1,2,3]]
UPDATE products SET stock = stock - 1 WHERE id = ANY($1::bigint[]) AND stock > 0;

UPDATE products p SET price = v.price FROM (VALUES (1, 9.99), (2, 19.99)) AS v (id, price) WHERE p.id = v.id;

-- $ [[1,2],[9.5,19.5]]
UPDATE products p SET price = u.price FROM unnest($1::bigint[], $2::numeric[]) AS u (id, price) WHERE p.id = u.id;

UPDATE orders SET status = 'cancelled' WHERE id IN (SELECT id FROM orders WHERE status = 'cart' AND placed_at < now() - interval '90 days' ORDER BY id LIMIT 500);

WITH batch AS (SELECT id FROM orders WHERE status = 'cart' AND placed_at < now() - interval '90 days' LIMIT 500 FOR UPDATE SKIP LOCKED) UPDATE orders o SET status = 'cancelled' FROM batch WHERE o.id = batch.id;

UPDATE jobs SET state = 'running', locked_by = 'worker-1', locked_at = now(), attempts = attempts + 1 WHERE id = (SELECT id FROM jobs WHERE state = 'ready' AND queue = 'mail' AND run_at <= now() ORDER BY run_at FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING *;

WITH next AS (SELECT id FROM jobs WHERE state = 'ready' ORDER BY run_at LIMIT 10 FOR UPDATE SKIP LOCKED) UPDATE jobs SET state = 'running' FROM next WHERE jobs.id = next.id RETURNING jobs.*;

DELETE FROM jobs WHERE ctid IN (SELECT ctid FROM jobs WHERE state = 'done' ORDER BY id LIMIT 100);

DELETE FROM jobs WHERE ctid = ANY(ARRAY(SELECT ctid FROM jobs WHERE state = 'failed' LIMIT 100));

UPDATE order_items SET quantity = 1 WHERE (order_id, product_id) IN ((1, 2), (3, 4));

DELETE FROM order_items WHERE (order_id = 1 AND product_id = 2) OR (order_id = 3 AND product_id = 4);

-- $ [[1,2]]
DELETE FROM events WHERE subject IN (SELECT unnest($1::bigint[]));

-- $ [["X-7"],["seven"],[7]]
INSERT INTO products (sku, name, price) SELECT * FROM unnest($1::text[], $2::text[], $3::numeric[]) ON CONFLICT (sku) DO UPDATE SET price = excluded.price;

SELECT set_config('app.tenant', '7', true);

DELETE FROM jobs USING (SELECT id FROM jobs WHERE state = 'ready' LIMIT 1 FOR UPDATE SKIP LOCKED) q WHERE q.id = jobs.id RETURNING jobs.*;

DELETE FROM events WHERE at < now() - interval '90 days';

DELETE FROM api_keys WHERE expires_at < now();

DELETE FROM settings WHERE customer_id = 5 AND name = 'theme';

-- $ [5, "theme", "\"light\""]
INSERT INTO settings (customer_id, name, value) VALUES ($1, $2, $3) ON CONFLICT (customer_id, name) DO UPDATE SET value = excluded.value WHERE settings.value IS DISTINCT FROM excluded.value;

INSERT INTO products (sku, name, price) SELECT * FROM unnest(ARRAY['X-1', 'X-2'], ARRAY['one', 'two'], ARRAY[1.5, 2.5]::numeric[]) ON CONFLICT (sku) DO NOTHING;

-- $ ["[{\"sku\":\"X-3\",\"name\":\"three\",\"price\":3}]"]
INSERT INTO products (sku, name, price) SELECT sku, name, price FROM jsonb_to_recordset($1::jsonb) AS r (sku text, name text, price numeric) RETURNING id;

INSERT INTO events (kind, subject) SELECT 'reminder', id FROM orders WHERE status = 'placed' AND placed_at < now() - interval '3 days';

MERGE INTO discounts d USING (VALUES ('SPRING', 15.0), ('AUTUMN', 10.0)) AS v (code, percent) ON d.code = v.code WHEN MATCHED THEN UPDATE SET percent = v.percent WHEN NOT MATCHED THEN INSERT (code, percent) VALUES (v.code, v.percent);

WITH moved AS (DELETE FROM events WHERE kind = 'draft' AND at < now() - interval '30 days' RETURNING *) INSERT INTO audit_entries (action, order_id, before) SELECT kind, coalesce(subject, 0), data FROM moved;

UPDATE articles SET meta = jsonb_set(meta, '{views}', to_jsonb(coalesce((meta ->> 'views')::int, 0) + 1)) WHERE slug = 'article-1';

UPDATE articles SET tags = array_append(tags, 'new') WHERE id = (SELECT id FROM articles WHERE slug = 'article-2');

UPDATE customers SET phone = NULL WHERE email = 'nobody@example.com' AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.customer_id = customers.id AND status = 'placed');

SELECT cancel_order(17);

SELECT pg_try_advisory_xact_lock(42);

CREATE TEMPORARY TABLE picked AS SELECT id FROM orders WHERE status = 'paid' LIMIT 100;

SELECT o.* FROM orders o JOIN picked USING (id);

DROP TABLE picked;

REFRESH MATERIALIZED VIEW CONCURRENTLY daily_sales;

UPDATE products SET stock = 0;

UPDATE products SET price = price * 1.1 WHERE true;

DELETE FROM events WHERE kind IS NOT NULL;

DELETE FROM orders WHERE status <> 'paid';

DELETE FROM orders o USING customers c WHERE c.id = o.customer_id;

UPDATE customers SET active = false WHERE active;

DELETE FROM events WHERE at < now();

DELETE FROM events WHERE data @> '{}';

UPDATE products SET stock = 5 WHERE name LIKE '%';

-- $ [null, "x"]
UPDATE products SET stock = 5 WHERE ($1::text IS NULL OR sku = $1) AND name = coalesce($2, name);

TRUNCATE events;

ALTER TABLE discounts ADD COLUMN note text;

DROP TABLE discounts;

CREATE INDEX CONCURRENTLY ON events (kind);

GRANT SELECT ON customers TO PUBLIC;

COPY (SELECT id, email FROM customers) TO STDOUT;

SELECT secret FROM api_keys WHERE customer_id = 5;

SELECT usename, passwd FROM pg_shadow;

SET statement_timeout = '5s';

SET ROLE NONE;

RESET ROLE;

RESET SESSION AUTHORIZATION;

DISCARD ALL;
