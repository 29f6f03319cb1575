CREATE MATERIALIZED VIEW IF NOT EXISTS hashtag_hourly_written_posts_mv TO hashtag_hourly_written
AS SELECT toDateTime64(toStartOfHour(ingested_at), 3, 'UTC') AS window_start, now64(3, 'UTC') AS written_at
FROM post_observations_log
GROUP BY window_start
