-- Question: is every comment record that was read accounted for: read = counted + late + quarantined?
-- Grain:    one row per run, topic, path and bucket; the newest counts.
-- Key:      (job, run_id, topic, path, kafka_partition, bucket). Bucket: start of the tally for `window`, the offset for
--           `quarantine`: each is the same after a replay, so nothing counts twice.
-- Lateness: `late` is what came behind the watermark; it is in comments_enriched like all the others.
CREATE TEMPORARY VIEW comments_ledger AS
SELECT
  ${JOB} AS job,
  ${RUN_ID} AS run_id,
  ${COMMENTS_EVENTS_TOPIC} AS topic,
  'window' AS path,
  kafka_partition,
  TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', window_start) AS bucket,
  valid,
  counted,
  late,
  CAST(0 AS BIGINT) AS quarantined,
  CAST(0 AS BIGINT) AS beyond_bound
FROM comments_tally
UNION ALL
SELECT
  ${JOB} AS job,
  ${RUN_ID} AS run_id,
  ${COMMENTS_EVENTS_TOPIC} AS topic,
  'quarantine' AS path,
  kafka_partition,
  kafka_offset AS bucket,
  CAST(0 AS BIGINT) AS valid,
  CAST(0 AS BIGINT) AS counted,
  CAST(0 AS BIGINT) AS late,
  CAST(1 AS BIGINT) AS quarantined,
  CAST(0 AS BIGINT) AS beyond_bound
FROM comments_rejected
