-- Question: which snapshots come too late to be put in order?
-- Grain:    one row per valid record.
-- Key:      (kafka_partition, kafka_offset).   Window: one millisecond, so that only equal times share one.
-- Lateness: behind the watermark. Rows in doubt after a restart or a pause are left to the window, unlike those of posts: sent ahead
--           of it, a snapshot would hide an earlier one that is still to be put in order.
CREATE TEMPORARY VIEW users_late AS
SELECT
  userid,
  follower_count,
  event_time
FROM users_observed
WHERE CURRENT_WATERMARK(event_time) IS NOT NULL
  AND event_time <= CURRENT_WATERMARK(event_time)
