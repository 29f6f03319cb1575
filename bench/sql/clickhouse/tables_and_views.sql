-- Question: which tables and views are there, what do views read, and how many rows do tables hold?
-- Grain:    one row per table or view of the database.
SELECT name, as_select, ifNull(total_rows, 0) AS rows_held
FROM system.tables
WHERE database = currentDatabase()
ORDER BY name
