-- Question: how many valid records were read, and how many of them did the hourly window take for certain?
-- Grain:    one row per Kafka partition and step; counts are cumulative, so the largest is the newest.
-- Key:      kafka_partition.   Window: cumulating, ${TALLY_STEP} steps of ${TALLY_SIZE}.
-- Lateness: unbounded in effect: a cumulating window refuses a row only when its last step has fired, which is ages away.
CREATE TEMPORARY VIEW posts_tally AS
SELECT
  kafka_partition,
  window_start,
  COUNT(*) AS valid,
  COUNT(*) FILTER (
    WHERE NOT leaves_window(event_time, CURRENT_WATERMARK(event_time), ${WINDOW_MS}, ${MAX_AHEAD_MS}, ${RESUMED})
  ) AS counted
FROM TABLE(CUMULATE(TABLE posts_observed, DESCRIPTOR(event_time), ${TALLY_STEP}, ${TALLY_SIZE}))
GROUP BY kafka_partition, window_start, window_end
