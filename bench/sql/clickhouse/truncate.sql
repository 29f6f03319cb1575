-- Empties a table between two measured runs, so that each of them really writes, and none answers for another.
TRUNCATE TABLE {table:Identifier}
