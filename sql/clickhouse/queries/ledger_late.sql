-- Question: which runs of the last day have read records that came late, and how many?
-- Grain:    one row per run and topic that has any, the largest share first. Counts are those of the whole run.
SELECT job, run_id, topic, read, late, beyond_bound, (late + beyond_bound) / read AS late_share
FROM pipeline_ledger
-- What a run has read is known once an hour has closed.
WHERE updated_at >= now64(3) - INTERVAL 1 DAY AND read > 0 AND late + beyond_bound > 0
ORDER BY late_share DESC, run_id, topic
