-- Question: how many valid snapshots were read, and how many came too late to be put in order?
-- Grain:    one row per Kafka partition and step; counts are cumulative, so the newest row is the truth.
-- Key:      kafka_partition.   Window: cumulating, ${TALLY_STEP} steps of ${TALLY_SIZE}.
-- Lateness: unbounded in effect: a cumulating window refuses a row only when its last step has fired, which is ages away.
CREATE TEMPORARY VIEW users_tally AS
SELECT
  kafka_partition,
  window_start,
  COUNT(*) AS valid,
  COUNT(*) FILTER (WHERE NOT leaves_window) AS counted,
  COUNT(*) FILTER (WHERE leaves_window) AS late
FROM TABLE(CUMULATE(TABLE users_classified, DESCRIPTOR(event_time), ${TALLY_STEP}, ${TALLY_SIZE}))
GROUP BY kafka_partition, window_start, window_end
