-- Question: what did the newest run of the data quality tests in the range find?
-- Grain:    one row per test of that run: what failed first, then what warns, then what passed.
SELECT
    dataset,
    test,
    column AS column_name,
    severity,
    status,
    failing_rows,
    detail,
    checked_at
FROM
(
    SELECT dataset, test, column, severity, status, failing_rows, detail, checked_at, max(checked_at) OVER () AS newest
    FROM quality_results
    WHERE checked_at >= {time_from:DateTime64(3, 'UTC')} AND checked_at < {time_to:DateTime64(3, 'UTC')}
)
WHERE checked_at = newest
ORDER BY indexOf(['fail', 'warn', 'pass'], status), failing_rows DESC, dataset, test, column_name
LIMIT {limit:UInt32}
