-- Question: how many followers had the writer of each comment when it was observed, as far as is known by now?
-- Grain:    one row per observation of a comment, at once; and one, with comment_id NULL, per snapshot that comes after a comment of its
--           time or later, for which it may be the answer.
-- Key:      (comment_id, ingested_at), and (user_id, snapshot_at).   Window: none.   Lateness: unbounded.
CREATE TEMPORARY VIEW comments_with_snapshots AS
SELECT
  user_id,
  comment_id,
  video_id,
  text,
  create_time,
  ingested_at,
  digg_count,
  reply_total,
  compound,
  label,
  model,
  `language`,
  latest_count AS follower_count,
  TO_TIMESTAMP_LTZ(latest_at, 3) AS snapshot_at
FROM latest_snapshot(
  observations => TABLE comments_and_snapshots PARTITION BY user_id,
  history_ms => CAST(${SNAPSHOT_HISTORY_MS} AS BIGINT),
  uid => 'comments_with_snapshots'
)
