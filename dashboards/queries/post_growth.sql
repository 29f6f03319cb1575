-- Question: how fast did a post grow, against what it would have had to exceed?
-- Grain:    one row per bucket of at least an hour with a judged hour, oldest first: the fastest of them.
SELECT
    toDateTime64(toStartOfInterval(window_start, toIntervalSecond(greatest({interval_s:UInt32}, 3600))), 3, 'UTC') AS bucket,
    max(delta_plays_per_hour) AS plays_per_hour,
    argMax(threshold, delta_plays_per_hour) AS bound
FROM trending_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')} AND aweme_id = {post:String}
GROUP BY bucket
ORDER BY bucket
LIMIT 1000
