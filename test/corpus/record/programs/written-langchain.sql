SELECT n.nspname FROM pg_namespace n WHERE n.nspname NOT LIKE 'pg_%' ORDER BY n.nspname;

SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position;

SELECT * FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema');

SELECT * FROM information_schema.columns WHERE table_name = 'orders';

SELECT 'customers' AS table_name, * FROM "customers" LIMIT 3;

SELECT
    tc.table_name, kcu.column_name, ccu.table_name AS foreign_table_name, ccu.column_name AS foreign_column_name
FROM information_schema.table_constraints AS tc
JOIN information_schema.key_column_usage AS kcu ON tc.constraint_name = kcu.constraint_name
JOIN information_schema.constraint_column_usage AS ccu ON ccu.constraint_name = tc.constraint_name
WHERE constraint_type = 'FOREIGN KEY';

SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public';

SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace;

SELECT status, COUNT(*) FROM orders GROUP BY status;

EXPLAIN (FORMAT JSON) SELECT * FROM orders WHERE customer_id = 5;

EXPLAIN ANALYZE SELECT count(*) FROM orders JOIN customers USING (id);

SELECT pg_get_viewdef('order_totals'::regclass, true);

SELECT obj_description('customers'::regclass), col_description('customers'::regclass, 5);
