-- As trending_hourly_backfill_mv: what is not there, and with `restate` what is there with another value.
CREATE MATERIALIZED VIEW IF NOT EXISTS follower_deltas_backfill_mv TO follower_deltas_log
AS SELECT
    found.userid AS userid,
    found.t_prev AS t_prev,
    found.t_now AS t_now,
    found.delta AS delta,
    found.prev_count AS prev_count,
    found.curr_count AS curr_count,
    toUInt32(if(known.is_known = 1, known.revision + 1, 0)) AS revision,
    found.is_away AS is_away
FROM follower_deltas_backfill AS found
LEFT JOIN
(
    SELECT *, 1 AS is_known
    FROM follower_deltas_log FINAL
    WHERE (t_now, userid) IN (SELECT t_now, userid FROM follower_deltas_backfill)
) AS known ON known.t_now = found.t_now AND known.userid = found.userid
WHERE known.is_known = 0 OR
(
    found.restate = 1 AND
    (found.t_prev, found.prev_count, found.curr_count, found.is_away) != (known.t_prev, known.prev_count, known.curr_count, known.is_away)
)
