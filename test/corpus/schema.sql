-- What the shop (examples/shop/schema.sql) does not have, and ordinary databases do: a queue, documents with JSON and full-text search, keys of
-- more than one column, tags, a table without a key, a materialized view, an enum, a domain.

CREATE TYPE job_state AS ENUM ('ready', 'running', 'done', 'failed');

CREATE TABLE jobs (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue      text NOT NULL DEFAULT 'default',
  payload    jsonb NOT NULL DEFAULT '{}',
  state      job_state NOT NULL DEFAULT 'ready',
  attempts   integer NOT NULL DEFAULT 0,
  run_at     timestamptz NOT NULL DEFAULT now(),
  locked_by  text,
  locked_at  timestamptz
);
CREATE INDEX jobs_ready ON jobs (queue, run_at) WHERE state = 'ready';

CREATE TABLE articles (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  slug         text NOT NULL UNIQUE,
  title        text NOT NULL,
  body         text NOT NULL DEFAULT '',
  tags         text[] NOT NULL DEFAULT '{}',
  meta         jsonb NOT NULL DEFAULT '{}',
  author_id    bigint REFERENCES customers ON DELETE SET NULL,
  published_at timestamptz,
  updated_at   timestamptz NOT NULL DEFAULT now(),
  search       tsvector GENERATED ALWAYS AS (to_tsvector('english', title || ' ' || body)) STORED
);
CREATE INDEX articles_search ON articles USING gin (search);

CREATE TABLE settings (
  customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
  name        text NOT NULL,
  value       jsonb,
  PRIMARY KEY (customer_id, name)
);

CREATE TABLE events (
  at      timestamptz NOT NULL DEFAULT now(),
  kind    text NOT NULL,
  subject bigint,
  data    jsonb
);

CREATE DOMAIN percentage AS numeric(5, 2) CHECK (VALUE BETWEEN 0 AND 100);

CREATE TABLE discounts (
  code       text PRIMARY KEY,
  percent    percentage NOT NULL,
  valid_to   date,
  used       integer NOT NULL DEFAULT 0
);

CREATE MATERIALIZED VIEW daily_sales AS
  SELECT date_trunc('day', o.placed_at) AS day, count(*) AS orders, sum(i.quantity * i.unit_price) AS total
  FROM orders o JOIN order_items i ON i.order_id = o.id GROUP BY 1;
CREATE UNIQUE INDEX daily_sales_day ON daily_sales (day);

INSERT INTO jobs (queue, payload) SELECT 'mail', jsonb_build_object('to', n) FROM generate_series(1, 40) n;
INSERT INTO articles (slug, title, body, tags) SELECT 'article-' || n, 'Article ' || n, 'About oak and ash', ARRAY['tree', 'n' || n] FROM generate_series(1, 30) n;
INSERT INTO settings SELECT id, 'theme', '"dark"' FROM customers WHERE id <= 20;
INSERT INTO events (kind, subject, data) SELECT 'seen', n, '{"page": 1}' FROM generate_series(1, 50) n;
INSERT INTO discounts VALUES ('SPRING', 10, '2026-06-01', 0), ('WELCOME', 5, NULL, 3);
