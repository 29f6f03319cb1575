-- Question: how much has each run read of a topic, up to which hour, and what became of it?
-- Grain:    one row per run, the one that has read most first. `closed_until` is Unix seconds, 0 where hours are not counted.
-- A backfill is left out: it reads up to the end of its range.
SELECT run_id, read, quarantined, counted + late + beyond_bound AS accounted, closed_until
FROM pipeline_ledger
INNER JOIN
(
    SELECT job, run_id, topic, toInt64(maxIf(bucket, path = 'hours')) + 3600 * (countIf(path = 'hours') > 0) AS closed_until
    FROM pipeline_ledger_entries
    GROUP BY job, run_id, topic
) AS hours USING (job, run_id, topic)
WHERE topic = {topic:String} AND NOT endsWith(job, '-backfill')
ORDER BY read DESC
