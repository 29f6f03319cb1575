-- Question: under which run id did a job last write to the ledger?
-- Grain:    one row, none when the job has not written yet.
SELECT run_id
FROM pipeline_ledger
WHERE job = {job:String}
ORDER BY updated_at DESC
LIMIT 1
