-- Question: when and why are records quarantined?
-- Grain:    one row per bucket and reason code, oldest first.
SELECT
    toDateTime64(toStartOfInterval(failed_at, toIntervalSecond({interval_s:UInt32})), 3, 'UTC') AS bucket,
    splitByString(': ', reason)[1] AS code,
    count() AS records
FROM dead_letters
WHERE failed_at >= {time_from:DateTime64(3, 'UTC')} AND failed_at < {time_to:DateTime64(3, 'UTC')}
GROUP BY bucket, code
ORDER BY bucket, code
LIMIT 5000
