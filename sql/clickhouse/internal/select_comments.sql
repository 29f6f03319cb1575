-- The comments of every table and view of a database, that of the table itself as column ''.
SELECT name AS table, '' AS column, comment
FROM system.tables
WHERE database = {database:String}
UNION ALL
SELECT table, name AS column, comment
FROM system.columns
WHERE database = {database:String}
