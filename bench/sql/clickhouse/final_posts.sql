-- Question: how many posts of one hour does a reader see as final?
-- Grain:    one row.
SELECT count() AS posts
FROM engagement_hourly
WHERE window_start = fromUnixTimestamp64Milli({window_start_ms:Int64}, 'UTC') AND is_final = 1
