-- Question: what became of the records that were read, by the function that puts them in order?
-- Grain:    one row per run, topic and hour of observation each time the watermark moves; the newest counts.
-- Key:      (job, run_id, topic, path, kafka_partition, bucket). Counted behind the exchange by key, independently of `read`.
CREATE TEMPORARY VIEW <records>_counts AS
SELECT
  ${JOB} AS job,
  ${RUN_ID} AS run_id,
  ${<TOPIC>_TOPIC} AS topic,
  'hours' AS path,
  -1 AS kafka_partition,
  bucket,
  CAST(0 AS BIGINT) AS valid,
  counted,
  late,
  CAST(0 AS BIGINT) AS quarantined,
  beyond_bound
FROM tally(accounts => TABLE <records>_accounts PARTITION BY bucket, uid => '<records>_counts')
