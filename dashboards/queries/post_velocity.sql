-- Question: how does the momentum of a post change within the hour?
-- Grain:    one row per bucket of at least 5 minutes, oldest first: the fastest half hour that begins in it.
SELECT
    toDateTime64(toStartOfInterval(window_start, toIntervalSecond(greatest({interval_s:UInt32}, 300))), 3, 'UTC') AS bucket,
    max(plays_per_minute) AS rate
FROM velocity_30m_by_hour
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')} AND aweme_id = {post:String}
    AND window_hour > toUnixTimestamp({time_from:DateTime64(3, 'UTC')}) - 3600
    AND window_hour <= toUnixTimestamp({time_to:DateTime64(3, 'UTC')})
GROUP BY bucket
ORDER BY bucket
LIMIT 1000
