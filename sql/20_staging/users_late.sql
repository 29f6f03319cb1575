-- Question: which snapshots come too late to be put in order?
-- Grain:    one row per valid record.
-- Key:      (kafka_partition, kafka_offset).   Window: one millisecond, so that only equal times share one.
-- Lateness: behind the watermark, or in doubt after a restart.
CREATE TEMPORARY VIEW users_late AS
SELECT
  userid,
  follower_count,
  event_time
FROM users_observed
WHERE leaves_window(event_time, CURRENT_WATERMARK(event_time), 1, ${MAX_AHEAD_MS}, ${IDLE_MS}, ${RESUMED})
