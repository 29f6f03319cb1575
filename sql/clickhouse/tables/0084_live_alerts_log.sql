-- LIVE rooms that reached the threshold of their host's tier. The key is natural: a replay writes the same row again.
CREATE TABLE IF NOT EXISTS live_alerts_log
(
    room_id String,
    author_id String,
    what LowCardinality(String),
    observed_at DateTime64(3, 'UTC'),
    window_minutes UInt32,
    reached UInt64,
    host_follower_count Nullable(UInt64),
    tier LowCardinality(String),
    threshold Float64,
    threshold_version LowCardinality(String)
)
ENGINE = ReplacingMergeTree
PARTITION BY toStartOfMonth(observed_at)
ORDER BY (observed_at, room_id, what)
SETTINGS index_granularity = 128
