-- Question: how old is the newest observation, as of the end of the range or now?
-- Grain:    one row, NULL when nothing was observed in the range. To five minutes where half hours have closed in its last 3 hours, else to
--           the hour.
SELECT
    if(max(known_at) IS NULL, NULL, dateDiff('second', max(known_at), least({time_to:DateTime64(3, 'UTC')}, now64(3, 'UTC')))) AS age_s
FROM
(
    SELECT maxOrNull(window_end) AS known_at
    FROM velocity_30m
    WHERE window_start >= greatest({time_from:DateTime64(3, 'UTC')}, {time_to:DateTime64(3, 'UTC')} - INTERVAL 3 HOUR)
        AND window_start < {time_to:DateTime64(3, 'UTC')} AND window_end <= {time_to:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT maxOrNull(window_start) AS known_at
    FROM engagement_hourly
    WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
)
LIMIT 1
