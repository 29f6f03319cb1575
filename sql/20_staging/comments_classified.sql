-- Question: does this comment come late?
-- Grain:    one row per valid record.
-- Key:      (kafka_partition, kafka_offset).   Window: none.
-- Lateness: `is_late` behind the watermark. Late comments take the same way as the others: no window refuses them.
CREATE TEMPORARY VIEW comments_classified AS
SELECT
  kafka_partition,
  event_time,
  CURRENT_WATERMARK(event_time) IS NOT NULL AND event_time <= CURRENT_WATERMARK(event_time) AS is_late
FROM comments_checked
WHERE reason IS NULL
