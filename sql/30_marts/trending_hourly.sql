-- Question: which posts gain plays faster than the tier of their author allows for?
-- Grain:    one row per post-hour that has an earlier hour.
-- Key:      (aweme_id, window_start).   Lateness: none; see the view trending_hourly_corrected of ClickHouse.
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
  trending_hourly_judged.verdict.tier AS tier,
  trending_hourly_judged.verdict.threshold AS threshold,
  trending_hourly_judged.verdict.threshold_version AS threshold_version,
  CAST(CASE WHEN delta_plays_per_hour > trending_hourly_judged.verdict.threshold THEN 1 ELSE 0 END AS TINYINT) AS is_trending
FROM trending_hourly_judged
