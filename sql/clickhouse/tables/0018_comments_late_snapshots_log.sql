-- Snapshots that came after comments which they may belong to: the view comments_enriched looks among them for a better answer.
CREATE TABLE IF NOT EXISTS comments_late_snapshots_log
(
    userid String,
    observed_at DateTime64(3, 'UTC'),
    follower_count SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(observed_at)
ORDER BY (userid, observed_at)
