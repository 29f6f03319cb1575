-- Question: how many records were quarantined in the range?
-- Grain:    one row.
SELECT count() AS records
FROM dead_letters
WHERE failed_at >= {time_from:DateTime64(3, 'UTC')} AND failed_at < {time_to:DateTime64(3, 'UTC')}
LIMIT 1
