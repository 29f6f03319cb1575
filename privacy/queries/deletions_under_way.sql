-- Tables from which an earlier run, whose client has gone, is still deleting.
SELECT DISTINCT table
FROM system.mutations
WHERE database = currentDatabase() AND NOT is_done AND NOT is_killed AND position(command, 'forget_rows') > 0
