CREATE OR REPLACE VIEW quality_results
(
    run_id String,
    checked_at DateTime64(3, 'UTC'),
    dataset String,
    test String,
    column String,
    severity String,
    status String,
    failing_rows UInt64,
    detail String
)
AS SELECT run_id, checked_at, dataset, test, column, severity, status, failing_rows, detail
FROM quality_results_log FINAL
