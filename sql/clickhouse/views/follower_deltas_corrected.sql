-- What follower_deltas would be with everything known now, late observations included.
CREATE OR REPLACE VIEW follower_deltas_corrected
(
    userid String,
    t_prev DateTime64(3, 'UTC'),
    t_now DateTime64(3, 'UTC'),
    delta Int64,
    prev_count UInt64,
    curr_count UInt64,
    is_away UInt8
)
AS SELECT
    userid,
    if(is_last_used, last_at, before_at) AS t_prev,
    observed_at AS t_now,
    toInt64(follower_count) - toInt64(prev_count) AS delta,
    multiIf(is_last_used, last_count, before_count = 0 AND follower_count >= 1000, follower_count, before_count) AS prev_count,
    follower_count AS curr_count,
    toUInt8((userid, observed_at) IN (SELECT userid, observed_at FROM follower_snapshots_away)) AS is_away
FROM
(
    SELECT
        userid,
        observed_at,
        follower_count,
        anyLast(observed_at) OVER before AS before_at,
        anyLast(follower_count) OVER before AS before_count,
        -- The last count that is not 0.
        anyLastIf(observed_at, follower_count > 0) OVER before AS last_at,
        anyLastIf(follower_count, follower_count > 0) OVER before AS last_count,
        before_count = 0 AND last_count > 0 AND follower_count > 0 AS is_last_used,
        row_number() OVER (PARTITION BY userid ORDER BY observed_at) AS place
    FROM follower_snapshots
    WINDOW before AS (PARTITION BY userid ORDER BY observed_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
WHERE place > 1
