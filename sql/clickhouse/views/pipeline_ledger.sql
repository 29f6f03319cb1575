CREATE OR REPLACE VIEW pipeline_ledger
(
    job String,
    run_id String,
    topic String,
    read UInt64,
    counted UInt64,
    late UInt64,
    beyond_bound UInt64,
    quarantined UInt64,
    unaccounted Int64,
    updated_at DateTime64(3, 'UTC')
)
AS SELECT
    job,
    run_id,
    topic,
    sum(entries.valid) + sum(entries.quarantined) AS read,
    sum(entries.counted) AS counted,
    sum(entries.late) AS late,
    sum(entries.beyond_bound) AS beyond_bound,
    sum(entries.quarantined) AS quarantined,
    toInt64(read) - toInt64(counted) - toInt64(late) - toInt64(beyond_bound) - toInt64(quarantined) AS unaccounted,
    max(entries.written_at) AS updated_at
FROM (SELECT *, written_at FROM pipeline_ledger_entries FINAL) AS entries
GROUP BY job, run_id, topic
