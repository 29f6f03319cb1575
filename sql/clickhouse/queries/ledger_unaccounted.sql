-- Question: which runs have records that are neither counted nor late, beyond the late bound or quarantined, or are more than one of these?
-- Grain:    one row per run and topic.
SELECT job, run_id, topic, read, counted, late, beyond_bound, quarantined, unaccounted
FROM pipeline_ledger
-- Both counts come within seconds of each other; late records are in the first one with the next hour only.
WHERE (unaccounted > 0 AND updated_at < now64(3) - INTERVAL 1 MINUTE) OR unaccounted + late + beyond_bound < 0
ORDER BY run_id DESC, topic
