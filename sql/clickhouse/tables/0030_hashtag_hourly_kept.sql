-- Hours that nothing has been written to for 10 minutes are added up once and kept. What is kept counts only while it is 10 minutes
-- younger than the newest write to its hour, which is longer than any insert takes; else the hour is added up anew. So
-- hashtag_hourly is exact whenever the keeping happens, or if it never does.
CREATE TABLE IF NOT EXISTS hashtag_hourly_kept
(
    window_start DateTime64(3, 'UTC'),
    hashtag LowCardinality(String),
    posts UInt64,
    creators UInt64,
    play_count UInt64,
    engagement_total UInt64,
    delta_plays Int64,
    kept_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(kept_at)
PARTITION BY toYYYYMM(window_start)
ORDER BY (window_start, hashtag)
SETTINGS index_granularity = 1024
