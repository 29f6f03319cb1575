-- What `tokpulse quality` found, run by run.
CREATE TABLE IF NOT EXISTS quality_results_log
(
    run_id String COMMENT 'Run of tokpulse quality',
    checked_at DateTime64(3, 'UTC') COMMENT 'When the run began',
    dataset LowCardinality(String) COMMENT 'Table or view that was tested',
    test LowCardinality(String) COMMENT 'Name of the test',
    column LowCardinality(String) COMMENT 'Column that was tested; empty for a test of the whole',
    severity LowCardinality(String) COMMENT 'error or warn: what it means when the test does not pass',
    status LowCardinality(String) COMMENT 'pass, warn or fail',
    failing_rows UInt64 COMMENT 'Rows that do not hold what the test asks for',
    detail String COMMENT 'One line: what was counted, and an example by its key'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(checked_at)
ORDER BY (checked_at, run_id, dataset, test, column)
TTL toDateTime(checked_at) + INTERVAL 13 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Rows of quality_results: read the view, not this table';

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
COMMENT 'One row per run, dataset, test and column: what tokpulse quality found';

-- Its examples are keys, which are numeric ids: nothing to mask.
CREATE OR REPLACE VIEW ${DATABASE}_shared.quality_results
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    run_id, checked_at, dataset, test, column, severity, status, failing_rows, detail
FROM quality_results
COMMENT 'One row per run, dataset, test and column: what tokpulse quality found';
