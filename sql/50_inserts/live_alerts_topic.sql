-- Question: how does a room that reaches its threshold become a record?
-- Grain:    one record per row of live_alerts, keyed by room_id.
INSERT INTO live_alerts_topic (
  kafka_key, room_id, author_id, what, observed_at, window_minutes, reached, host_follower_count, tier, threshold, threshold_version
)
SELECT
  room_id AS kafka_key,
  room_id,
  author_id,
  what,
  observed_at,
  window_minutes,
  reached,
  host_follower_count,
  tier,
  threshold,
  threshold_version
FROM live_alerts
