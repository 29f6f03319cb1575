-- Question: which rows does ClickHouse keep of trending_hourly?
-- Grain:    as trending_hourly_verdicts; the newest row of a post-hour counts.
-- Key:      (aweme_id, window_start).   Lateness: as trending_hourly_verdicts.
CREATE TEMPORARY VIEW trending_hourly AS
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
  snapshot_status,
  tier,
  threshold,
  threshold_version,
  CAST(CASE WHEN is_trending THEN 1 ELSE 0 END AS TINYINT) AS is_trending,
  CAST(CASE WHEN was_alerted THEN 1 ELSE 0 END AS TINYINT) AS was_alerted,
  CAST(revision AS INT) AS revision,
  CAST(CASE WHEN is_away THEN 1 ELSE 0 END AS TINYINT) AS is_away,
  early_alert_at
FROM trending_hourly_verdicts
