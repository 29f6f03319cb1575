-- Question: how did each post grow since its last earlier hour, and how many followers had its author by then?
-- Grain:    one row per post-hour that has an earlier hour.
-- Key:      (aweme_id, window_start).   Lateness: as trending_hourly_windows.
CREATE TEMPORARY VIEW trending_hourly_deltas AS
SELECT
  hours.aweme_id,
  hours.author_id,
  hours.window_start,
  hours.window_end,
  hours.play_count,
  hours.prev_play_count,
  hours.prev_window_end,
  CAST(TIMESTAMPDIFF(HOUR, hours.prev_window_end, hours.window_end) AS SMALLINT) AS gap_hours,
  hours.play_count - hours.prev_play_count AS delta_plays,
  CAST(hours.play_count - hours.prev_play_count AS DOUBLE) / TIMESTAMPDIFF(HOUR, hours.prev_window_end, hours.window_end) AS delta_plays_per_hour,
  authors.follower_count AS author_follower_count,
  CASE
    WHEN authors.observed_at IS NULL THEN 'missing'
    WHEN authors.observed_at > hours.window_time - INTERVAL '24' HOUR THEN 'fresh'
    ELSE 'stale'
  END AS snapshot_status
FROM trending_hourly_ordered AS hours
LEFT JOIN author_versions FOR SYSTEM_TIME AS OF hours.window_time AS authors
  ON hours.author_id = authors.userid
WHERE hours.prev_window_end IS NOT NULL
