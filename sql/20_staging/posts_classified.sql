-- Question: may the hourly window refuse this observation?
-- Grain:    one row per valid record.
-- Key:      (kafka_partition, kafka_offset).   Window: the UTC hour of event_time.
-- Lateness: leaves_window is true behind the hour that the watermark has closed, and in doubt after a restart.
CREATE TEMPORARY VIEW posts_classified AS
SELECT
  kafka_partition,
  event_time,
  leaves_window(event_time, CURRENT_WATERMARK(event_time), ${WINDOW_MS}, ${MAX_AHEAD_MS}, ${IDLE_MS}, ${RESUMED}) AS leaves_window
FROM posts_observed
