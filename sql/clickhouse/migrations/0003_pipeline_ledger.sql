-- What each run did with each record. The newest entry of a key counts: after a restart the job counts on from its checkpoint and
-- writes the same keys again.
CREATE TABLE IF NOT EXISTS pipeline_ledger_entries
(
    job LowCardinality(String) COMMENT 'Job that read the topic',
    run_id String COMMENT 'Submission of the job; the same across its restarts',
    topic LowCardinality(String) COMMENT 'Topic that was read',
    path LowCardinality(String) COMMENT 'window or quarantine',
    kafka_partition Int32 COMMENT 'Kafka partition',
    bucket Int64 COMMENT 'window: start of the tally in Unix seconds; quarantine: offset',
    valid UInt64 COMMENT 'Records that could be decoded',
    counted UInt64 COMMENT 'Records that the hourly window took',
    late UInt64 COMMENT 'Records merged into their hour past the window',
    quarantined UInt64 COMMENT 'Records that went to the dead-letter queue'
)
ENGINE = ReplacingMergeTree
ORDER BY (job, run_id, topic, path, kafka_partition, bucket)
COMMENT 'Entries of pipeline_ledger: read the view, not this table';

CREATE OR REPLACE VIEW pipeline_ledger
(
    job String,
    run_id String,
    topic String,
    read UInt64,
    counted UInt64,
    late UInt64,
    quarantined UInt64,
    unaccounted Int64
)
AS SELECT
    job,
    run_id,
    topic,
    sum(entries.valid) + sum(entries.quarantined) AS read,
    sum(entries.counted) AS counted,
    sum(entries.late) AS late,
    sum(entries.quarantined) AS quarantined,
    toInt64(read) - toInt64(counted) - toInt64(late) - toInt64(quarantined) AS unaccounted
FROM (SELECT * FROM pipeline_ledger_entries FINAL) AS entries
GROUP BY job, run_id, topic
COMMENT 'One row per run and topic: read = counted + late + quarantined, as of the last closed hour';
