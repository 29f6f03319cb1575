-- Question: what became of the snapshot records that were read, by the function that puts them in order?
-- Grain:    one row per run, topic and hour of observation each time the watermark moves; the newest counts.
-- Key:      (job, run_id, topic, path, kafka_partition, bucket). Counted behind the exchange by key, independently of `read`.
CREATE TEMPORARY VIEW users_counts AS
SELECT
  ${JOB} AS job,
  ${RUN_ID} AS run_id,
  ${USERS_SNAPSHOTS_TOPIC} AS topic,
  'hours' AS path,
  -1 AS kafka_partition,
  bucket,
  CAST(0 AS BIGINT) AS valid,
  counted,
  late,
  CAST(0 AS BIGINT) AS quarantined,
  beyond_bound
FROM tally(accounts => TABLE users_accounts PARTITION BY bucket, uid => 'users_counts')
