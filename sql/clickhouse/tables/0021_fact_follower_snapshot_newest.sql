-- The last counts of each profile's day, each a maximum of (moment, value).
CREATE TABLE IF NOT EXISTS fact_follower_snapshot_newest
(
    userid String,
    snapshot_date Date,
    follower_count SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt64)),
    following_count SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt64)),
    heart_count SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt64)),
    video_count SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt64)),
    digg_count SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value UInt64))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(snapshot_date)
ORDER BY (snapshot_date, userid)
SETTINGS index_granularity = 1024
