-- Question: what happened in each LIVE room, and when was it told?
-- Grain:    one row per valid record, as it comes; ClickHouse keeps one per event, and makes minutes, gifts and sessions of them.
-- Key:      (room_id, event, event_id).   Window: none.   Lateness: unbounded.
-- Without state: a set of events has no order and no repeats, so nothing that is made of it in ClickHouse depends on either (record 30).
CREATE TEMPORARY VIEW live_observations AS
SELECT
  room_id,
  event,
  event_id,
  author_id,
  user_id,
  unique_id,
  connection_id,
  TO_TIMESTAMP_LTZ(ingested_at, 3) AS observed_at,
  kafka_offset,
  text,
  live_scored.sentiment.compound AS sentiment_compound,
  COALESCE(live_scored.sentiment.model, '') AS sentiment_model,
  `language`,
  speaker,
  is_final,
  action,
  subject_id,
  viewer_count,
  total_viewers,
  like_count,
  total_likes,
  gift_id,
  gift_name,
  group_id,
  repeat_count,
  repeat_end,
  diamond_count,
  sub_month,
  battle_status,
  battle_duration,
  teams,
  `rank`,
  rank_type,
  score,
  payload
FROM live_scored
