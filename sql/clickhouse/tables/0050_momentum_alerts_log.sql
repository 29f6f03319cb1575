-- Posts that took off, as they were alerted before their hour was over. The key is natural: a replay writes the same row again. There are
-- few of them: smaller granules than elsewhere let a query for a day read no more than it needs.
CREATE TABLE IF NOT EXISTS momentum_alerts_log
(
    aweme_id String,
    author_id String,
    observed_at DateTime64(3, 'UTC'),
    window_minutes UInt16,
    delta_plays Int64,
    plays_per_hour Float64,
    author_follower_count Nullable(UInt64),
    tier LowCardinality(String),
    threshold Float64,
    threshold_version LowCardinality(String),
    play_count UInt64
)
ENGINE = ReplacingMergeTree
PARTITION BY toStartOfMonth(observed_at)
ORDER BY (observed_at, aweme_id)
SETTINGS index_granularity = 128
