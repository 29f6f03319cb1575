-- Question: how did the data quality tests end over time?
-- Grain:    one row per run of the tests, oldest first.
SELECT
    checked_at AS bucket,
    countIf(status = 'pass') AS passed,
    countIf(status = 'warn') AS warned,
    countIf(status = 'fail') AS failed
FROM quality_results
WHERE checked_at >= {time_from:DateTime64(3, 'UTC')} AND checked_at < {time_to:DateTime64(3, 'UTC')}
GROUP BY bucket
ORDER BY bucket
LIMIT 1000
