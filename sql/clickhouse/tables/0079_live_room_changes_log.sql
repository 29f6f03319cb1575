-- What became known of each LIVE room and of the connections to it. The key is natural: a replay writes the same row again.
CREATE TABLE IF NOT EXISTS live_room_changes_log
(
    room_id String,
    change LowCardinality(String),
    connection_id String,
    observed_at DateTime64(3, 'UTC'),
    author_id String,
    unique_id String,
    source LowCardinality(String),
    close_code Nullable(Int32),
    close_name LowCardinality(String),
    outcome LowCardinality(String),
    reason String,
    connected_at Nullable(DateTime64(3, 'UTC')),
    until_at Nullable(DateTime64(3, 'UTC')),
    started_at Nullable(DateTime64(3, 'UTC')),
    title String,
    viewer_count Nullable(UInt64),
    total_viewers Nullable(UInt64),
    INDEX observed_at_range observed_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (room_id, change, connection_id, observed_at)
SETTINGS index_granularity = 1024
