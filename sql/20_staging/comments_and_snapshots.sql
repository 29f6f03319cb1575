-- Question: what was observed of the users who may write comments: their comments, and how many followers they had?
-- Grain:    one row per valid record of tiktok.comments.events, and one per valid record of tiktok.users.snapshots.
-- Key:      user_id.   Window: none yet.   Lateness: unbounded.
-- A comment has a comment_id and no follower_count, a snapshot the other way round.
CREATE TEMPORARY VIEW comments_and_snapshots AS
SELECT
  user_id,
  comment_id,
  video_id,
  text,
  create_time,
  digg_count,
  reply_total,
  compound,
  label,
  model,
  `language`,
  CAST(NULL AS BIGINT) AS follower_count,
  ingested_at,
  event_time
FROM comments_observed
UNION ALL
SELECT
  userid AS user_id,
  CAST(NULL AS STRING) AS comment_id,
  CAST(NULL AS STRING) AS video_id,
  CAST(NULL AS STRING) AS text,
  CAST(NULL AS BIGINT) AS create_time,
  CAST(NULL AS BIGINT) AS digg_count,
  CAST(NULL AS BIGINT) AS reply_total,
  CAST(NULL AS DOUBLE) AS compound,
  CAST(NULL AS STRING) AS label,
  CAST(NULL AS STRING) AS model,
  CAST(NULL AS STRING) AS `language`,
  follower_count,
  ingested_at,
  event_time
FROM users_observed
