-- 1 if the table is there.
SELECT count() FROM system.tables WHERE database = {database:String} AND name = {table:String}
