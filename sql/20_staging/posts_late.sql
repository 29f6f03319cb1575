-- Question: which observations may the hourly window refuse?
-- Grain:    one row per valid record.
-- Key:      (kafka_partition, kafka_offset).   Window: the UTC hour of event_time.
-- Lateness: behind the hour that the watermark has closed, or in doubt after a restart.
CREATE TEMPORARY VIEW posts_late AS
SELECT
  aweme_id,
  author_id,
  play_count,
  digg_count,
  comment_count,
  share_count,
  engagement_total,
  kafka_partition,
  kafka_offset,
  event_time
FROM posts_observed
WHERE leaves_window(event_time, CURRENT_WATERMARK(event_time), ${WINDOW_MS}, ${MAX_AHEAD_MS}, ${IDLE_MS}, ${RESUMED})
