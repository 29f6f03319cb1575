-- Question: which comments can be counted, and how do they feel?
-- Grain:    one row per valid record of tiktok.comments.events.
-- Key:      comment_id.   Window: none yet.   Lateness: unbounded.
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
  ingested_at,
  event_time
FROM comments_checked
WHERE reason IS NULL
