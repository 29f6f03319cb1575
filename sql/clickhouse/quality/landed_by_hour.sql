-- Question: how much of a dataset is there of each hour, and is it the same as somewhere else?
-- Grain:    one row per UTC hour. The checksum adds up the CRC-32 of `key milliseconds` of each row.
SELECT
    toUnixTimestamp(toStartOfHour({time:Identifier})) AS hour,
    count() AS landed,
    sum(CRC32(concat({key:Identifier}, ' ', toString(toUnixTimestamp64Milli({time:Identifier}))))) AS checksum
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')} AND {time:Identifier} < {until:DateTime64(3, 'UTC')}
GROUP BY hour
