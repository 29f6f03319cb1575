-- From each snapshot to the next, as published on the topic; a replay writes the same row again.
CREATE TABLE IF NOT EXISTS follower_deltas_log
(
    userid String,
    t_prev DateTime64(3, 'UTC'),
    t_now DateTime64(3, 'UTC'),
    delta Int64,
    prev_count UInt64,
    curr_count UInt64,
    revision UInt32
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(t_now)
ORDER BY (t_now, userid)
SETTINGS index_granularity = 1024
