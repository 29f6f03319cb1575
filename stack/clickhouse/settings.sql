-- Present values of some settings: one row per known name.
SELECT name, value
FROM system.settings
WHERE name IN {names:Array(String)}
