-- Question: does this snapshot come too late to be put in order?
-- Grain:    one row per valid record.
-- Key:      (kafka_partition, kafka_offset).   Window: one millisecond, so that only equal times share one.
-- Lateness: leaves_window is true behind the watermark, and in doubt after a restart.
CREATE TEMPORARY VIEW users_classified AS
SELECT
  kafka_partition,
  event_time,
  leaves_window(event_time, CURRENT_WATERMARK(event_time), 1, ${MAX_AHEAD_MS}, ${IDLE_MS}, ${RESUMED}) AS leaves_window
FROM users_observed
