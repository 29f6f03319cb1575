-- Question: how does each comment feel, by vaderSentiment itself?
-- Grain:    one row per comment record.
-- Key:      comment_id.   Window: none.   Lateness: unbounded.
CREATE TEMPORARY VIEW comments_scored AS
SELECT
  id AS comment_id,
  video_id,
  comments_events.`user`.id AS user_id,
  text,
  create_time,
  ingested_at,
  digg_count,
  reply_total,
  vader_compound(text) AS compound,
  event_time
FROM comments_events
