-- Question: how did the data quality tests end?
-- Grain:    one row per test and run, four runs a day.
INSERT INTO quality_results_log (run_id, checked_at, dataset, test, column, severity, status, failing_rows, detail)
SELECT
    concat('q', toString(run)) AS run_id,
    addHours({start:DateTime64(3, 'UTC')}, 6 * run) AS checked_at,
    concat('table_', toString(number % 20)) AS dataset,
    'not_null' AS test,
    concat('column_', toString(intDiv(number, 20))) AS column,
    'error' AS severity,
    if(cityHash64(run, number) % 500 = 0, 'fail', 'pass') AS status,
    if(status = 'fail', 3, 0) AS failing_rows,
    if(status = 'fail', '3 rows, e.g. 7300000000000000000', '') AS detail
FROM numbers(300)
ARRAY JOIN range({days:UInt32} * 4) AS run
