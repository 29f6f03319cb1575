-- Question: are profiles observed often enough to judge posts by their creators' followers?
-- Grain:    one row per bucket of at least an hour, oldest first: post-hours by the author's snapshot then, and those after a gap.
SELECT
    toDateTime64(toStartOfInterval(window_start, toIntervalSecond(greatest({interval_s:UInt32}, 3600))), 3, 'UTC') AS bucket,
    countIf(snapshot_status = 'fresh') AS fresh,
    countIf(snapshot_status = 'stale') AS stale,
    countIf(snapshot_status = 'missing') AS missing,
    countIf(gap_hours > 1) AS after_gap
FROM trending_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
GROUP BY bucket
ORDER BY bucket
LIMIT 1000
