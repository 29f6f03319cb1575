-- Question: which comment records could not be used, and why?
-- Grain:    one row per quarantined record of tiktok.comments.events: one that cannot be decoded, or whose text cannot be scored.
-- Key:      (kafka_partition, kafka_offset).
CREATE TEMPORARY VIEW comments_rejected AS
SELECT
  kafka_key,
  kafka_partition,
  kafka_offset,
  reason,
  payload,
  CURRENT_TIMESTAMP AS failed_at
FROM comments_checked
WHERE reason IS NOT NULL
