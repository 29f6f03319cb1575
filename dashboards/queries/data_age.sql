-- Question: how old is the newest closed window, as of the end of the range or now?
-- Grain:    one row; no value when the range holds no window.
SELECT
    if(count() = 0, NULL, dateDiff('second', max(window_end), least({time_to:DateTime64(3, 'UTC')}, now64(3, 'UTC')))) AS age_s
FROM velocity_30m
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
LIMIT 1
