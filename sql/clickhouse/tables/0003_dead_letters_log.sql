-- Quarantined records of all topics. A replay finds the same record bad again: same key, so one row. The index tells which granules
-- a range of time has.
CREATE TABLE IF NOT EXISTS dead_letters_log
(
    topic LowCardinality(String),
    partition Int32,
    offset Int64,
    reason String,
    raw String,
    failed_at DateTime64(3, 'UTC'),
    INDEX failed_at_range failed_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, partition, offset)
