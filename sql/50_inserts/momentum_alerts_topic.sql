-- Question: how does a momentum alert become a record?
-- Grain:    one record per row of momentum_alerts, keyed by aweme_id.
INSERT INTO momentum_alerts_topic (
  kafka_key, aweme_id, author_id, observed_at, window_minutes, delta_plays, plays_per_hour, author_follower_count, tier, threshold,
  threshold_version, play_count, headers
)
SELECT
  aweme_id AS kafka_key,
  aweme_id,
  author_id,
  observed_at,
  window_minutes,
  delta_plays,
  plays_per_hour,
  author_follower_count,
  tier,
  threshold,
  threshold_version,
  play_count,
  MAP['alert', ENCODE(aweme_id || '/' || CAST(observed_at AS STRING), 'UTF-8')] AS headers
FROM momentum_alerts
