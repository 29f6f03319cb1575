-- Question: which records could not be used, and why?
-- Grain:    one row per quarantined record of the topic.
-- Key:      (kafka_partition, kafka_offset).
CREATE TEMPORARY VIEW <records>_rejected AS
SELECT
  kafka_key,
  kafka_partition,
  kafka_offset,
  error AS reason,
  payload,
  CURRENT_TIMESTAMP AS failed_at
FROM <checked>
WHERE error IS NOT NULL
