-- Question: what became of the records that the newest run of each job has read?
-- Grain:    one row per job and topic, of the run that wrote last, where that was within a day.
SELECT job, topic, read, counted, late, beyond_bound, quarantined, unaccounted
FROM pipeline_ledger
WHERE (job, run_id) IN
(
    SELECT job, argMax(run_id, updated_at)
    FROM pipeline_ledger
    WHERE updated_at >= now64(3) - INTERVAL 1 DAY
    GROUP BY job
)
ORDER BY job, topic
