-- What `tokpulse quality` found, run by run.
CREATE TABLE IF NOT EXISTS quality_results_log
(
    run_id String,
    checked_at DateTime64(3, 'UTC'),
    dataset LowCardinality(String),
    test LowCardinality(String),
    column LowCardinality(String),
    severity LowCardinality(String),
    status LowCardinality(String),
    failing_rows UInt64,
    detail String
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(checked_at)
ORDER BY (checked_at, run_id, dataset, test, column)
TTL toDateTime(checked_at) + INTERVAL 13 MONTH
SETTINGS ttl_only_drop_parts = 1
