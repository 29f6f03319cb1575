-- Tables that hold rows of their own, sources of materialized views before their targets where names say so.
SELECT name, engine
FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT IN ('schema_migrations', 'schema_views')
ORDER BY name
