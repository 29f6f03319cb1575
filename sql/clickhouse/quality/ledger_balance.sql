-- Question: which runs that wrote since then have records that took no path, or more than one?
-- Grain:    one row: runs and topics, those that lost records (failing), and those that have too many (warning).
-- Both counts come within seconds of each other; late records are in the first one with the next hour only.
WITH unaccounted > 0 AND {time:Identifier} < now64(3) - INTERVAL 1 MINUTE AS bad, unaccounted + late + beyond_bound < 0 AS odd
SELECT
    count() AS checked,
    countIf(bad) AS failing,
    countIf(odd) AS warning,
    concat(anyIf(run_id, bad OR odd), ' of ', anyIf(topic, bad OR odd), ': ', toString(anyIf(read, bad OR odd)), ' read, ',
        toString(anyIf(unaccounted, bad OR odd)), ' unaccounted') AS example
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
