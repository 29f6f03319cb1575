-- Every follower count that was observed. Late and repeated snapshots merge: one count per user and millisecond, the largest.
CREATE TABLE IF NOT EXISTS follower_snapshots_log
(
    userid String COMMENT 'User id',
    observed_at DateTime64(3, 'UTC') COMMENT 'When the profile was observed',
    follower_count SimpleAggregateFunction(max, UInt64) COMMENT 'Followers then'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(observed_at)
ORDER BY (userid, observed_at)
COMMENT 'Rows of follower_snapshots: read the view, not this table';

CREATE OR REPLACE VIEW follower_snapshots
(
    userid String,
    observed_at DateTime64(3, 'UTC'),
    follower_count UInt64
)
AS SELECT userid, observed_at, follower_count
FROM follower_snapshots_log FINAL
COMMENT 'One row per user and moment of observation';
