-- What each run did with each record, where it is read and where it is put in order. The newest entry of a key counts: after a
-- restart the job counts on from its checkpoint and writes the same keys again. `written_at`, not written by jobs, tells runs by
-- when they wrote.
CREATE TABLE IF NOT EXISTS pipeline_ledger_entries
(
    job LowCardinality(String),
    run_id String,
    topic LowCardinality(String),
    path LowCardinality(String),
    kafka_partition Int32,
    bucket Int64,
    valid UInt64,
    counted UInt64,
    late UInt64,
    quarantined UInt64,
    written_at DateTime64(3, 'UTC') MATERIALIZED now64(3, 'UTC'),
    beyond_bound UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (job, run_id, topic, path, kafka_partition, bucket)
