-- Question: which posts gain plays faster than the tier of their author allows for?
-- Grain:    one row per post-hour that has an earlier hour, and another with a higher revision whenever it changes.
-- Key:      (aweme_id, window_start).   Lateness: the late bound (a day by default); see the view trending_hourly_corrected of ClickHouse for what comes later.
CREATE TEMPORARY VIEW trending_hourly_verdicts AS
SELECT
  aweme_id,
  author_id,
  window_start,
  window_end,
  play_count,
  prev_play_count,
  prev_window_end,
  gap_hours,
  delta_plays,
  delta_plays_per_hour,
  author_follower_count,
  tier,
  threshold,
  threshold_version,
  is_trending,
  is_alert,
  was_alerted,
  revision,
  is_away,
  early_alert_at,
  CASE
    WHEN snapshot_at IS NULL THEN 'missing'
    WHEN snapshot_at > window_end - INTERVAL '1' DAY - INTERVAL '0.001' SECOND THEN 'fresh'
    ELSE 'stale'
  END AS snapshot_status
FROM post_verdicts
WHERE kind = 'trending'
