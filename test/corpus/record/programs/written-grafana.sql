SELECT 1;

SELECT quote_ident(table_name) FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog', '_timescaledb_cache', '_timescaledb_catalog') AND ((quote_ident(table_schema) = 'public')) ORDER BY table_name;

SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns WHERE CASE WHEN array_length(parse_ident('public.orders'),1) = 2 THEN quote_ident(table_schema) = (parse_ident('public.orders'))[1] AND quote_ident(table_name) = (parse_ident('public.orders'))[2] ELSE quote_ident(table_name) = 'orders' END;

SELECT current_setting('server_version_num')::int/100 as version;

SELECT floor(extract(epoch from placed_at)/3600)*3600 AS "time", count(*) AS "orders" FROM orders WHERE placed_at BETWEEN '2026-05-01T00:00:00Z' AND '2026-05-02T00:00:00Z' GROUP BY 1 ORDER BY 1;

SELECT date_trunc('hour', at) AS time, path AS metric, count(*) FROM visits WHERE at >= '2026-05-01T00:00:00Z' AND at <= '2026-05-02T00:00:00Z' GROUP BY 1, 2 ORDER BY 1;

SELECT at AS time, kind, data->>'page' AS page FROM events WHERE at > now() - interval '6 hours' ORDER BY at DESC LIMIT 1000;

SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY amount) FROM payments WHERE paid_at >= now() - interval '1 day';

SELECT DISTINCT status FROM orders;

SELECT numbackends, xact_commit, blks_hit FROM pg_stat_database WHERE datname = 'shop';

SELECT generate_series(date_trunc('day', now() - interval '7 days'), now(), interval '1 day') AS time;
