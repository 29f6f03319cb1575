-- Question: how old is the newest row of a dataset, and does it hold any at all?
-- Grain:    one row. newest_ms is Unix milliseconds, 0 without a row since then.
SELECT
    if(count() = 0, 0, toUnixTimestamp64Milli(toDateTime64(max({time:Identifier}), 3, 'UTC'))) AS newest_ms,
    (SELECT count() FROM (SELECT 1 FROM {dataset:Identifier} LIMIT 1)) AS any_row
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
