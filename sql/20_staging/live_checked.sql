-- Question: which records of tiktok.live.events cannot be used, and what came in their place?
-- Grain:    one row per record of tiktok.live.events; `error` is NULL for a good one.
-- Key:      (kafka_partition, kafka_offset).   Window: none yet.   Lateness: unbounded.
-- To the accounts `payload` is the value as received; the record has a field of that name.
CREATE TEMPORARY VIEW live_checked AS
SELECT
  kafka_key,
  kafka_partition,
  kafka_offset,
  error,
  received AS payload,
  event_time
FROM live_events
