-- Question: which records were quarantined, where are they, and why?
-- Grain:    one row per quarantined record.
-- Key:      (topic, partition, offset).
-- `raw` is the beginning of the value; the whole of it, unchanged, is in the topic's dead-letter queue.
CREATE TEMPORARY VIEW <records>_dead_letters AS
SELECT
  ${<TOPIC>_TOPIC} AS topic,
  kafka_partition AS `partition`,
  kafka_offset AS `offset`,
  reason,
  first_bytes(payload, 16384) AS `raw`,
  CAST(failed_at AS TIMESTAMP(3)) AS failed_at
FROM <records>_rejected
