-- Question: how did the followers of a creator develop?
-- Grain:    one row per bucket with a snapshot, oldest first: the last count of the bucket, and what was gained in it.
SELECT
    toDateTime64(toStartOfInterval(t_now, toIntervalSecond({interval_s:UInt32})), 3, 'UTC') AS bucket,
    argMax(curr_count, t_now) AS followers,
    sum(delta) AS gained
FROM follower_deltas
-- 0 is no count.
WHERE curr_count > 0
  AND t_now >= {time_from:DateTime64(3, 'UTC')} AND t_now < {time_to:DateTime64(3, 'UTC')} AND userid = {creator:String}
GROUP BY bucket
ORDER BY bucket
LIMIT 1000
