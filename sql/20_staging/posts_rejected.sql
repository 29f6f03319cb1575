-- Question: which records could not be used, and why?
-- Grain:    one row per quarantined record of tiktok.posts.events.
-- Key:      (kafka_partition, kafka_offset).
CREATE TEMPORARY VIEW posts_rejected AS
SELECT
  kafka_key,
  kafka_partition,
  kafka_offset,
  error AS reason,
  payload,
  CURRENT_TIMESTAMP AS failed_at
FROM posts_events
WHERE error IS NOT NULL
