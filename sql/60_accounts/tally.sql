-- Question: how many valid records were read?
-- Grain:    one row per Kafka partition and step; counts are cumulative, so the newest row is the truth.
-- Key:      kafka_partition.   Window: cumulating, ${TALLY_STEP} steps of ${TALLY_SIZE}.
-- Lateness: unbounded in effect: a cumulating window refuses a row only when its last step has fired, which is ages away.
CREATE TEMPORARY VIEW <records>_tally AS
SELECT
  kafka_partition,
  window_start,
  COUNT(*) AS valid
FROM TABLE(CUMULATE(TABLE <records>_observed, DESCRIPTOR(event_time), ${TALLY_STEP}, ${TALLY_SIZE}))
GROUP BY kafka_partition, window_start, window_end
