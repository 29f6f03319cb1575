-- Question: which threshold applies to each post-hour?
-- Grain:    one row per post-hour that has an earlier hour; `verdict` is (tier, threshold, threshold_version).
-- Key:      (aweme_id, window_start).   Lateness: as trending_hourly_windows.
CREATE TEMPORARY VIEW trending_hourly_judged AS
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
  trending_verdict(delta_plays, COALESCE(author_follower_count, -1), window_end) AS verdict
FROM trending_hourly_deltas
