-- Question: what became of every record that one run has read?
-- Grain:    one row per topic of the run.
SELECT topic, read, counted, late, beyond_bound, quarantined, unaccounted
FROM pipeline_ledger
WHERE run_id = {run_id:String}
ORDER BY topic
