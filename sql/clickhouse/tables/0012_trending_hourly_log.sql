-- Growth of each post from hour to hour, as it was judged. The key is natural: a replay writes the same row again. A row that
-- changes with a late observation is written again with a higher revision; those of one key leave one task, in order.
CREATE TABLE IF NOT EXISTS trending_hourly_log
(
    aweme_id String,
    author_id String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    play_count UInt64,
    prev_play_count UInt64,
    prev_window_end DateTime64(3, 'UTC'),
    gap_hours UInt16,
    delta_plays Int64,
    delta_plays_per_hour Float64,
    author_follower_count Nullable(UInt64),
    snapshot_status LowCardinality(String),
    tier LowCardinality(String),
    threshold Float64,
    threshold_version LowCardinality(String),
    is_trending UInt8,
    was_alerted UInt8,
    revision UInt32
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(window_start)
ORDER BY (window_start, aweme_id)
SETTINGS index_granularity = 1024
