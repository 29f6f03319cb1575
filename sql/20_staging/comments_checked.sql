-- Question: which comments can be used, and what is wrong with the others?
-- Grain:    one row per record of tiktok.comments.events; `error` is NULL for a good one.
-- Key:      (kafka_partition, kafka_offset).   Window: none yet.   Lateness: unbounded.
-- A create_time from 2100 on is one that ClickHouse and Arrow could not hold; it is no time at which a comment was written.
CREATE TEMPORARY VIEW comments_checked AS
SELECT
  kafka_key,
  comment_id,
  video_id,
  user_id,
  text,
  create_time,
  digg_count,
  reply_total,
  comments_scored.sentiment.compound AS compound,
  comments_scored.sentiment.label AS label,
  comments_scored.sentiment.model AS model,
  comments_scored.sentiment.`language` AS `language`,
  CASE
    WHEN error IS NOT NULL THEN error
    WHEN create_time BETWEEN 0 AND 4102444799 THEN comments_scored.sentiment.error
    ELSE CONCAT('create_time_out_of_range: ', CAST(create_time AS STRING), ' of comment ', comment_id)
  END AS error,
  payload,
  kafka_partition,
  kafka_offset,
  ingested_at,
  event_time
FROM comments_scored
