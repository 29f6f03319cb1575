-- Question: how many followers had the writer of each comment when it was observed, as far as is known by now?
-- Grain:    one or more rows per observation of a comment: at once, and again when a snapshot that comes after it changes the answer; and
--           one, with comment_id NULL, per snapshot that comes too late for that, when comments have left the job that may need it.
-- Key:      (comment_id, ingested_at, snapshot_at).   Window: none.   Lateness: unbounded.
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
  follower_count,
  CAST(TO_TIMESTAMP_LTZ(snapshot_at, 3) AS TIMESTAMP(3)) AS snapshot_at
FROM latest_snapshot(
  observations => TABLE comments_and_snapshots PARTITION BY user_id,
  history_ms => CAST(${SNAPSHOT_HISTORY_MS} AS BIGINT),
  on_time => DESCRIPTOR(event_time),
  uid => 'comments_with_snapshots'
)
