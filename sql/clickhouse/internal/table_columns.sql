-- Columns of one table of the current database that are written to, in order; computed ones are left out.
SELECT name, type
FROM system.columns
WHERE database = currentDatabase() AND table = {table:String} AND default_kind != 'MATERIALIZED'
ORDER BY position
