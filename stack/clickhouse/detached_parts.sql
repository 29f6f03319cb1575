-- Parts that the engine set aside at start, usually cut off by a crash or a full disk: one row per part.
SELECT database, table, name, reason
FROM system.detached_parts
ORDER BY database, table, name
