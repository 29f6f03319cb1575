-- Question: has ClickHouse set aside parts of a table, for instance after a full disk or a crash?
-- Grain:    one row per table.
SELECT table, count() AS parts, any(reason) AS example
FROM system.detached_parts
WHERE database = currentDatabase()
GROUP BY table
ORDER BY table
