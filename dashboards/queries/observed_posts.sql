-- Question: is anything missing: how many posts and creators were observed over time?
-- Grain:    one row per bucket of at least an hour with an observation, oldest first; a gap is an hour without data.
SELECT
    toDateTime64(toStartOfInterval(window_start, toIntervalSecond(greatest({interval_s:UInt32}, 3600))), 3, 'UTC') AS bucket,
    uniqExact(aweme_id) AS posts,
    uniqExact(author_id) AS creators
FROM engagement_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
GROUP BY bucket
ORDER BY bucket
LIMIT 1000
