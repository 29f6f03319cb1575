CREATE OR REPLACE VIEW follower_deltas
(
    userid String,
    t_prev DateTime64(3, 'UTC'),
    t_now DateTime64(3, 'UTC'),
    delta Int64,
    prev_count UInt64,
    curr_count UInt64,
    revision UInt32
)
AS SELECT userid, t_prev, t_now, delta, prev_count, curr_count, revision
FROM follower_deltas_log FINAL
