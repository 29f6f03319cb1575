-- Question: how many posts of one hour have been judged?
-- Grain:    one row.
SELECT uniqExact(aweme_id) AS posts
FROM trending_hourly
WHERE window_start = fromUnixTimestamp64Milli({window_start_ms:Int64}, 'UTC')
