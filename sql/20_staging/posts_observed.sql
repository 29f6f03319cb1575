-- Question: which observations can be counted?
-- Grain:    one row per valid record of tiktok.posts.events.
-- Key:      aweme_id.   Window: none yet.   Lateness: unbounded.
CREATE TEMPORARY VIEW posts_observed AS
SELECT
  aweme_id,
  author_id,
  title,
  region,
  duration,
  create_time,
  play_count,
  digg_count,
  comment_count,
  share_count,
  download_count,
  collect_count,
  kafka_partition,
  kafka_offset,
  ingested_at,
  event_time
FROM posts_events
WHERE error IS NULL
