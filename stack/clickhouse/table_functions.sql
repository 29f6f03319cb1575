-- Every table function the running engine knows: the guard refuses those not on its allow-list.
SELECT DISTINCT lower(name)
FROM system.table_functions
