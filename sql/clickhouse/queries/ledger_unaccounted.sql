-- Question: which runs have records that are neither counted nor late, beyond the late bound or quarantined, or are more than one of these?
-- Grain:    one row per run and topic.
SELECT job, run_id, topic, read, counted, late, beyond_bound, quarantined, unaccounted
FROM pipeline_ledger
INNER JOIN
(
    SELECT
        job,
        run_id,
        topic,
        maxIf(written_at, path = 'read') AS read_at,
        argMaxIf(entries.counted, (bucket, written_at), path = 'hours') AS of_newest_hour
    FROM pipeline_ledger_entries AS entries
    GROUP BY job, run_id, topic
) AS written USING (job, run_id, topic)
-- Both counts of an hour come within seconds of each other, under load within minutes. What came late is in `read` with the next hour only,
-- as snapshots of the running hour are.
WHERE (unaccounted > 0 AND read_at < now64(3) - INTERVAL 5 MINUTE) OR unaccounted + late + beyond_bound + of_newest_hour < 0
ORDER BY run_id DESC, topic
