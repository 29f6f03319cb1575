-- From each snapshot to the next, as published on the topic; a replay writes the same row again.
CREATE TABLE IF NOT EXISTS follower_deltas_log
(
    userid String COMMENT 'User id',
    t_prev DateTime64(3, 'UTC') COMMENT 'When the earlier snapshot was observed',
    t_now DateTime64(3, 'UTC') COMMENT 'When the later snapshot was observed',
    delta Int64 COMMENT 'curr_count - prev_count',
    prev_count UInt64 COMMENT 'Followers at t_prev',
    curr_count UInt64 COMMENT 'Followers at t_now'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(t_now)
ORDER BY (userid, t_now)
COMMENT 'Rows of follower_deltas: read the view, not this table';

CREATE OR REPLACE VIEW follower_deltas
(
    userid String,
    t_prev DateTime64(3, 'UTC'),
    t_now DateTime64(3, 'UTC'),
    delta Int64,
    prev_count UInt64,
    curr_count UInt64
)
AS SELECT userid, t_prev, t_now, delta, prev_count, curr_count
FROM follower_deltas_log FINAL
COMMENT 'One row per user and pair of consecutive snapshots';
