-- Question: which comments can be counted, and how do they feel?
-- Grain:    one row per valid record of tiktok.comments.events.
-- Key:      comment_id.   Window: none yet.
-- Lateness: unbounded; `is_late` behind the watermark. Late comments take the same way as the others: no window refuses them.
CREATE TEMPORARY VIEW comments_observed AS
SELECT
  comment_id,
  video_id,
  user_id,
  text,
  create_time,
  digg_count,
  reply_total,
  compound,
  label,
  model,
  `language`,
  kafka_partition,
  ingested_at,
  event_time,
  CURRENT_WATERMARK(event_time) IS NOT NULL AND event_time <= CURRENT_WATERMARK(event_time) AS is_late
FROM comments_checked
WHERE error IS NULL
