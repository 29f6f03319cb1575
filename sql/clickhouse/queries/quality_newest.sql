-- Question: what did the newest run of `tokpulse quality` find?
-- Grain:    one row. Seconds are Unix time; no tests when it has never run.
SELECT
    toUnixTimestamp(max(checked_at)) AS checked,
    count() AS tests,
    countIf(status = 'fail') AS failed,
    countIf(status = 'warn') AS warned,
    anyIf(concat(dataset, ' ', test, ': ', detail), status = 'fail') AS example
FROM quality_results
WHERE checked_at >= now64(3, 'UTC') - INTERVAL 30 DAY
    AND run_id = (SELECT argMax(run_id, checked_at) FROM quality_results WHERE checked_at >= now64(3, 'UTC') - INTERVAL 30 DAY)
