-- Question: how many posts of one hour have their own final row?
-- Grain:    one row. The view calls an hour final at its first final row; here each post must have its own.
SELECT uniqExact(aweme_id) AS posts
FROM engagement_hourly_maxima
WHERE window_start = fromUnixTimestamp64Milli({window_start_ms:Int64}, 'UTC') AND is_final = 1
