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
