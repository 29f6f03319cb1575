-- Question: which runs that wrote since then have records that took no path, or more than one?
-- Grain:    one row: runs and topics, those that lost records (failing), and those that have too many (warning).
-- Both counts of an hour come within seconds of each other, under load within minutes. What came late is in `read` with the next hour only,
-- as snapshots of the running hour are.
WITH
    unaccounted > 0 AND read_at < now64(3) - INTERVAL 5 MINUTE AS bad,
    unaccounted + late + beyond_bound + of_newest_hour < 0 AS odd
SELECT
    count() AS checked,
    countIf(bad) AS failing,
    countIf(odd) AS warning,
    concat(anyIf(run_id, bad OR odd), ' of ', anyIf(topic, bad OR odd), ': ', toString(anyIf(read, bad OR odd)), ' read, ',
        toString(anyIf(unaccounted, bad OR odd)), ' unaccounted') AS example
FROM {dataset:Identifier}
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
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
