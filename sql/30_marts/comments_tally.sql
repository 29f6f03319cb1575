-- Question: how many valid comments were read, and how many of them came late?
-- Grain:    one row per Kafka partition and step; counts are cumulative, so the newest row is the truth.
-- Key:      kafka_partition.   Window: cumulating, ${TALLY_STEP} steps of ${TALLY_SIZE}.
-- Lateness: unbounded in effect: a cumulating window refuses a row only when its last step has fired, which is ages away.
CREATE TEMPORARY VIEW comments_tally AS
SELECT
  kafka_partition,
  window_start,
  COUNT(*) AS valid,
  COUNT(*) FILTER (WHERE NOT is_late) AS counted,
  COUNT(*) FILTER (WHERE is_late) AS late
FROM TABLE(CUMULATE(TABLE comments_classified, DESCRIPTOR(event_time), ${TALLY_STEP}, ${TALLY_SIZE}))
GROUP BY kafka_partition, window_start, window_end
