-- Question: which run has read most of a topic?
-- Grain:    one row, none when no run has read it.
SELECT run_id, read
FROM pipeline_ledger
WHERE topic = {topic:String}
ORDER BY read DESC
LIMIT 1
