-- Every follower count that was observed. Late and repeated snapshots merge: one count per user and millisecond, the largest.
CREATE TABLE IF NOT EXISTS follower_snapshots_log
(
    userid String,
    observed_at DateTime64(3, 'UTC'),
    follower_count SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(observed_at)
ORDER BY (userid, observed_at)
