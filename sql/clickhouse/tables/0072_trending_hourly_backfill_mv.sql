-- Lets a row through when its post-hour is not there; with `restate` also when it is another one, as a further revision. What went as
-- an alert stays as it was: a backfill sends none. In here the table before means the rows of one insert, also where IN reads it.
CREATE MATERIALIZED VIEW IF NOT EXISTS trending_hourly_backfill_mv TO trending_hourly_log
AS SELECT
    found.aweme_id AS aweme_id,
    found.author_id AS author_id,
    found.window_start AS window_start,
    found.window_end AS window_end,
    found.play_count AS play_count,
    found.prev_play_count AS prev_play_count,
    found.prev_window_end AS prev_window_end,
    found.gap_hours AS gap_hours,
    found.delta_plays AS delta_plays,
    found.delta_plays_per_hour AS delta_plays_per_hour,
    found.author_follower_count AS author_follower_count,
    found.snapshot_status AS snapshot_status,
    found.tier AS tier,
    found.threshold AS threshold,
    found.threshold_version AS threshold_version,
    found.is_trending AS is_trending,
    known.was_alerted AS was_alerted,
    toUInt32(if(known.is_known = 1, known.revision + 1, 0)) AS revision,
    found.is_away AS is_away,
    known.early_alert_at AS early_alert_at
FROM trending_hourly_backfill AS found
LEFT JOIN
(
    SELECT *, 1 AS is_known
    FROM trending_hourly_log FINAL
    WHERE (window_start, aweme_id) IN (SELECT window_start, aweme_id FROM trending_hourly_backfill)
) AS known ON known.window_start = found.window_start AND known.aweme_id = found.aweme_id
WHERE known.is_known = 0 OR
(
    found.restate = 1 AND
    toString((found.author_id, found.play_count, found.prev_play_count, found.prev_window_end, found.author_follower_count,
        found.snapshot_status, found.tier, found.threshold, found.threshold_version, found.is_trending, found.is_away)) !=
    toString((known.author_id, known.play_count, known.prev_play_count, known.prev_window_end, known.author_follower_count,
        known.snapshot_status, known.tier, known.threshold, known.threshold_version, known.is_trending, known.is_away))
)
