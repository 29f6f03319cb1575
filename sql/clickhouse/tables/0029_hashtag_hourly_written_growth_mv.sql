CREATE MATERIALIZED VIEW IF NOT EXISTS hashtag_hourly_written_growth_mv TO hashtag_hourly_written
AS SELECT window_start, now64(3, 'UTC') AS written_at
FROM trending_hourly_log
GROUP BY window_start
