-- Question: which runs that wrote since then have records that took no path, or more than one?
-- Grain:    one row: runs and topics, those that lost records (failing), and those that have too many (warning).
WITH unaccounted > 0 AS bad, unaccounted < 0 AS odd
SELECT
    count() AS checked,
    countIf(bad) AS failing,
    countIf(odd) AS warning,
    concat(anyIf(run_id, bad OR odd), ' of ', anyIf(topic, bad OR odd), ': ', toString(anyIf(read, bad OR odd)), ' read, ',
        toString(anyIf(unaccounted, bad OR odd)), ' unaccounted') AS example
FROM {dataset:Identifier}
WHERE {time:Identifier} >= {since:DateTime64(3, 'UTC')}
