-- Question: how many viewers has each room of a host, what is given there, and how many followers has the host?
-- Grain:    one row per valid viewer count, per valid gift and per valid record of tiktok.users.snapshots, repeats included.
-- Key:      host.   Window: none.   Lateness: unbounded.
-- A room whose host has no id stands for itself: there is no snapshot of it.
CREATE TEMPORARY VIEW live_hosts AS
SELECT
  COALESCE(host_id, CONCAT('room ', room_id)) AS host,
  room_id,
  event_id,
  CONCAT(COALESCE(user_id, user_unique_id, ''), ' ', COALESCE(gift_id, ''), ' ', COALESCE(group_id, '')) AS combo,
  group_id IS NOT NULL AS is_named,
  repeat_count,
  repeat_end,
  diamond_count,
  CASE WHEN event = 'gift' THEN CAST(NULL AS BIGINT) ELSE viewer_count END AS viewer_count,
  CAST(NULL AS BIGINT) AS follower_count,
  ingested_at
FROM live_observed
WHERE event = 'gift' OR (event = 'roomUserSeq' AND viewer_count IS NOT NULL)
UNION ALL
SELECT
  userid AS host,
  CAST(NULL AS STRING) AS room_id,
  CAST(NULL AS STRING) AS event_id,
  CAST(NULL AS STRING) AS combo,
  FALSE AS is_named,
  CAST(NULL AS BIGINT) AS repeat_count,
  CAST(NULL AS BOOLEAN) AS repeat_end,
  CAST(NULL AS BIGINT) AS diamond_count,
  CAST(NULL AS BIGINT) AS viewer_count,
  follower_count,
  ingested_at
FROM users_observed
