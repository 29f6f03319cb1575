-- Flink writes partial, final and late rows; merging them is a maximum per column, which is idempotent, so replays and duplicates
-- change nothing. Dashboards ask for a range of time first: rows lie by time, in a partition per day. Small granules keep one post
-- cheap to find within its hours.
CREATE TABLE IF NOT EXISTS engagement_hourly_maxima
(
    aweme_id String,
    author_id SimpleAggregateFunction(max, String),
    window_start DateTime64(3, 'UTC'),
    play_count SimpleAggregateFunction(max, UInt64),
    digg_count SimpleAggregateFunction(max, UInt64),
    comment_count SimpleAggregateFunction(max, UInt64),
    share_count SimpleAggregateFunction(max, UInt64),
    engagement_total SimpleAggregateFunction(max, UInt64),
    is_final SimpleAggregateFunction(max, UInt8)
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(window_start)
ORDER BY (window_start, aweme_id)
SETTINGS index_granularity = 1024
