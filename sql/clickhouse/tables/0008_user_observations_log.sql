-- Every valid observation of a profile, as job `landing` writes it; merged, ordered and indexed as post_observations_log.
CREATE TABLE IF NOT EXISTS user_observations_log
(
    userid String,
    unique_id SimpleAggregateFunction(max, String),
    nickname SimpleAggregateFunction(max, String),
    sec_uid SimpleAggregateFunction(max, String),
    is_verified SimpleAggregateFunction(max, UInt8),
    is_private SimpleAggregateFunction(max, UInt8),
    region SimpleAggregateFunction(max, Nullable(String)),
    follower_count SimpleAggregateFunction(max, UInt64),
    following_count SimpleAggregateFunction(max, UInt64),
    heart_count SimpleAggregateFunction(max, UInt64),
    video_count SimpleAggregateFunction(max, UInt64),
    digg_count SimpleAggregateFunction(max, UInt64),
    observed_at DateTime64(3, 'UTC'),
    INDEX observed_at_range observed_at TYPE minmax GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(observed_at)
ORDER BY (toStartOfHour(observed_at), userid, observed_at)
SETTINGS index_granularity = 1024
