-- Question: how much is in engagement_hourly, and how far does it reach?
-- Grain:    one row. Seconds are Unix time; 0 when the table is empty.
SELECT
    count() AS rows_held,
    uniqExact(window_start) AS hours_held,
    toUnixTimestamp(max(window_start)) AS newest_start,
    toUnixTimestamp(maxIf(window_start, is_final = 1)) AS newest_final_start
FROM engagement_hourly
