-- Quarantined records of all topics. A replay finds the same record bad again: same key, so one row.
CREATE TABLE IF NOT EXISTS dead_letters_log
(
    topic LowCardinality(String) COMMENT 'Topic the record was read from',
    partition Int32 COMMENT 'Kafka partition',
    offset Int64 COMMENT 'Kafka offset',
    reason String COMMENT 'Code and detail, e.g. negative_counter: play_count=-1',
    raw String COMMENT 'First 16 KiB of the value as received; all of it is in the topic''s dead-letter queue',
    failed_at DateTime64(3, 'UTC') COMMENT 'When it was quarantined'
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, partition, offset)
COMMENT 'Quarantined records: read the view dead_letters, not this table';

CREATE OR REPLACE VIEW dead_letters
(
    topic String,
    partition Int32,
    offset Int64,
    reason String,
    raw String,
    failed_at DateTime64(3, 'UTC')
)
AS SELECT topic, partition, offset, reason, raw, failed_at
FROM dead_letters_log FINAL
COMMENT 'One row per quarantined record';
