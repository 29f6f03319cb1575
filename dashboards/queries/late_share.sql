-- Question: how much of what the runs of the range have read came late, or beyond the late bound?
-- Grain:    one row: the largest share of a run and topic, NULL when no run wrote in the range. Counts are those of the whole run.
SELECT maxOrNull((late + beyond_bound) / read) AS late_share
FROM pipeline_ledger
WHERE updated_at >= {time_from:DateTime64(3, 'UTC')} AND updated_at < {time_to:DateTime64(3, 'UTC')} AND read > 0
LIMIT 1
