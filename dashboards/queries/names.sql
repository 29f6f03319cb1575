-- Question: how many accounts are shown by name, and how many are masked because they were not opted in?
-- Grain:    one row: accounts that were observed in the range or later.
SELECT
    countIf(is_opted_in = 1) AS by_name,
    countIf(is_opted_in = 0) AS masked
FROM creators
WHERE observed_at >= {time_from:DateTime64(3, 'UTC')}
    -- What was first seen after the range is known now: names are those of now.
    AND {time_from:DateTime64(3, 'UTC')} < {time_to:DateTime64(3, 'UTC')}
LIMIT 1
