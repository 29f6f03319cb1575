-- Question: how many records were read, and how many of them could not be used?
-- Grain:    one row per run, topic, path and bucket; the newest counts.
-- Key:      (job, run_id, topic, path, kafka_partition, bucket). Bucket: start of the tally for `read`, the offset for
--           `quarantine`: each is the same after a replay, so nothing counts twice.
-- A job that does not put records in order has no second place where they are counted: what it reads is counted then.
CREATE TEMPORARY VIEW <records>_ledger AS
SELECT
  ${JOB} AS job,
  ${RUN_ID} AS run_id,
  ${<TOPIC>_TOPIC} AS topic,
  'read' AS path,
  kafka_partition,
  TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', window_start) AS bucket,
  valid,
  CASE WHEN ${<TOPIC>_COUNTED} THEN 0 ELSE valid END AS counted,
  CAST(0 AS BIGINT) AS late,
  CAST(0 AS BIGINT) AS quarantined,
  CAST(0 AS BIGINT) AS beyond_bound
FROM <records>_tally
UNION ALL
SELECT
  ${JOB} AS job,
  ${RUN_ID} AS run_id,
  ${<TOPIC>_TOPIC} AS topic,
  'quarantine' AS path,
  kafka_partition,
  kafka_offset AS bucket,
  CAST(0 AS BIGINT) AS valid,
  CAST(0 AS BIGINT) AS counted,
  CAST(0 AS BIGINT) AS late,
  CAST(1 AS BIGINT) AS quarantined,
  CAST(0 AS BIGINT) AS beyond_bound
FROM <records>_rejected
