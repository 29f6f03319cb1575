-- Question: how does each comment feel?
-- Grain:    one row per record of tiktok.comments.events; `error` is set where the record could not be decoded.
--           In a backfill those of its range: no comment needs an earlier one, and scoring takes long.
-- Key:      (kafka_partition, kafka_offset).
CREATE TEMPORARY VIEW comments_scored AS
SELECT
  kafka_key,
  id AS comment_id,
  video_id,
  comments_events.`user`.id AS user_id,
  text,
  create_time,
  digg_count,
  reply_total,
  comment_sentiment(id, text) AS sentiment,
  error,
  payload,
  kafka_partition,
  kafka_offset,
  ingested_at,
  event_time
FROM comments_events
WHERE ${TO_THE_END} OR error IS NOT NULL OR (ingested_at >= ${FROM_MS} AND ingested_at < ${UNTIL_MS})
