-- Question: what does each event of a LIVE room account for?
-- Grain:    one row per valid event, repeats included.
-- Key:      bucket, the UTC hour of the observation in Unix seconds.
CREATE TEMPORARY VIEW live_accounts AS
SELECT
  ingested_at / 3600000 * 3600 AS bucket,
  CASE WHEN event_time <= CURRENT_WATERMARK(event_time) THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END AS counted,
  CASE WHEN event_time <= CURRENT_WATERMARK(event_time) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS late,
  CAST(0 AS BIGINT) AS beyond_bound
FROM live_observed
