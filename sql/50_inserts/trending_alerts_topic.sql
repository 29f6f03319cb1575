-- Question: how does a trending post-hour become a record?
-- Grain:    one record per post-hour, when it is first seen above its threshold, keyed by aweme_id.
INSERT INTO trending_alerts_topic (
  kafka_key, aweme_id, author_id, window_start, window_end, play_count, prev_play_count, prev_window_end, gap_hours, delta_plays,
  delta_plays_per_hour, author_follower_count, snapshot_status, tier, threshold, threshold_version, early_alert_at
)
SELECT
  aweme_id AS kafka_key,
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
  early_alert_at
FROM trending_hourly_verdicts
WHERE is_alert
