-- Question: how does each comment feel, and how many followers had its writer when it was observed?
-- Grain:    one row per observation of a comment; ClickHouse keeps the newest.
-- Key:      comment_id.   Window: none.   Lateness: unbounded.
CREATE TEMPORARY VIEW comments_enriched AS
SELECT
  comment_id,
  video_id,
  user_id,
  text,
  TO_TIMESTAMP_LTZ(create_time, 0) AS create_time,
  TO_TIMESTAMP_LTZ(ingested_at, 3) AS ingested_at,
  digg_count,
  reply_total,
  compound AS sentiment_compound,
  label AS sentiment_label,
  model AS sentiment_model,
  follower_count,
  snapshot_at,
  `language`
FROM comments_with_snapshots
WHERE comment_id IS NOT NULL
