-- Question: which observations may the first of their sliding windows refuse?
-- Grain:    one row per valid record; slide_start is the multiple of 5 minutes at or before event_time.
-- Key:      (kafka_partition, kafka_offset).   Window: 5 minutes, the step of the sliding window.
-- Lateness: behind the step that the watermark has closed, or in doubt after a restart.
CREATE TEMPORARY VIEW posts_late_for_slides AS
SELECT
  aweme_id,
  author_id,
  play_count,
  engagement_total,
  FLOOR(event_time TO MINUTE) - MOD(MINUTE(event_time), 5) * INTERVAL '1' MINUTE AS slide_start
FROM posts_observed
WHERE leaves_window(event_time, CURRENT_WATERMARK(event_time), 300000, ${MAX_AHEAD_MS}, ${IDLE_MS}, ${RESUMED})
