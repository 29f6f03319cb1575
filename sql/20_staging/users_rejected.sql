-- Question: which snapshot records could not be used, and why?
-- Grain:    one row per quarantined record of tiktok.users.snapshots.
-- Key:      (kafka_partition, kafka_offset).
CREATE TEMPORARY VIEW users_rejected AS
SELECT
  kafka_key,
  kafka_partition,
  kafka_offset,
  error AS reason,
  payload,
  CURRENT_TIMESTAMP AS failed_at
FROM users_snapshots
WHERE error IS NOT NULL
