-- Question: which runs have records that are neither counted nor late nor quarantined, or are more than one of these?
-- Grain:    one row per run and topic.
SELECT job, run_id, topic, read, counted, late, quarantined, unaccounted
FROM pipeline_ledger
WHERE unaccounted != 0
ORDER BY run_id DESC, topic
