-- Question: how did the counters of a post grow?
-- Grain:    one row per bucket of at least an hour with an observation, oldest first: the greatest values.
SELECT
    toDateTime64(toStartOfInterval(window_start, toIntervalSecond(greatest({interval_s:UInt32}, 3600))), 3, 'UTC') AS bucket,
    max(play_count) AS plays,
    max(digg_count) AS likes,
    max(comment_count) AS comments,
    max(share_count) AS shares,
    argMax(engagement_rate_plays, window_start) AS engagement_rate
FROM engagement_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')} AND aweme_id = {post:String}
GROUP BY bucket
ORDER BY bucket
LIMIT 1000
