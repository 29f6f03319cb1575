CREATE MATERIALIZED VIEW IF NOT EXISTS hashtag_hourly_kept_hours_mv TO hashtag_hourly_kept_hours
AS SELECT window_start, max(kept.kept_at) AS kept_at
FROM hashtag_hourly_kept AS kept
GROUP BY window_start
