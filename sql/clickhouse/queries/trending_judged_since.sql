-- Question: how many post-hours that end at a time or later are judged already?
-- Grain:    one row. They keep their verdict when a version takes effect at that time.
SELECT count() AS rows_held
FROM trending_hourly
WHERE window_end >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
