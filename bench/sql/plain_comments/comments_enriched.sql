-- Question: how does each comment feel, and how many followers had its writer, by a temporal join?
-- Grain:    one row per comment record.
-- Key:      comment_id.   Window: none.   Lateness: as a temporal join has it.
CREATE TEMPORARY VIEW comments_enriched AS
SELECT
  comments.comment_id,
  comments.video_id,
  comments.user_id,
  comments.text,
  CAST(TO_TIMESTAMP_LTZ(comments.create_time, 0) AS TIMESTAMP(3)) AS create_time,
  CAST(TO_TIMESTAMP_LTZ(comments.ingested_at, 3) AS TIMESTAMP(3)) AS ingested_at,
  comments.digg_count,
  comments.reply_total,
  comments.compound AS sentiment_compound,
  CASE WHEN comments.compound >= 0.05 THEN 'positive' WHEN comments.compound <= -0.05 THEN 'negative' ELSE 'neutral' END AS sentiment_label,
  'vaderSentiment' AS sentiment_model,
  versions.follower_count,
  CAST(versions.event_time AS TIMESTAMP(3)) AS snapshot_at,
  'und' AS `language`
FROM comments_scored AS comments
LEFT JOIN user_versions FOR SYSTEM_TIME AS OF comments.event_time AS versions
  ON comments.user_id = versions.userid
