-- Question: is every record that a run has read accounted for: read = counted + late + beyond_bound + quarantined?
-- Grain:    one row per run and topic of the runs that wrote in the range, newest first. Counts are those of the whole run.
SELECT
    job,
    run_id,
    topic,
    read,
    counted,
    late,
    beyond_bound,
    quarantined,
    unaccounted,
    updated_at
FROM pipeline_ledger
WHERE updated_at >= {time_from:DateTime64(3, 'UTC')} AND updated_at < {time_to:DateTime64(3, 'UTC')}
ORDER BY pipeline_ledger.updated_at DESC, job, run_id, topic
LIMIT {limit:UInt32}
