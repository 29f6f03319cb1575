-- What a backfill found of changes of follower counts: rows only pass through, as follower_deltas_backfill_mv lets them.
CREATE TABLE IF NOT EXISTS follower_deltas_backfill
(
    userid String,
    t_prev DateTime64(3, 'UTC'),
    t_now DateTime64(3, 'UTC'),
    delta Int64,
    prev_count UInt64,
    curr_count UInt64,
    revision UInt32,
    is_away UInt8,
    restate UInt8
)
ENGINE = Null
