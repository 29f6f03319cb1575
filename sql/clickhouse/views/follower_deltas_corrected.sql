-- What follower_deltas would be with everything known now, late observations included.
CREATE OR REPLACE VIEW follower_deltas_corrected
(
    userid String,
    t_prev DateTime64(3, 'UTC'),
    t_now DateTime64(3, 'UTC'),
    delta Int64,
    prev_count UInt64,
    curr_count UInt64
)
AS SELECT
    userid,
    t_prev,
    observed_at AS t_now,
    toInt64(follower_count) - toInt64(prev_count) AS delta,
    prev_count,
    follower_count AS curr_count
FROM
(
    SELECT
        userid,
        observed_at,
        follower_count,
        lagInFrame(observed_at) OVER before AS t_prev,
        lagInFrame(follower_count) OVER before AS prev_count,
        row_number() OVER before AS place
    FROM follower_snapshots
    WINDOW before AS (PARTITION BY userid ORDER BY observed_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
WHERE place > 1
