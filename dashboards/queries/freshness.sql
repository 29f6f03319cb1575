-- Question: how old is the newest row of each table, as of the end of the range or now?
-- Grain:    one row per table with rows in the range, the oldest first. Windows count from their end, once closed.
SELECT table_name, newest, dateDiff('second', newest, least({time_to:DateTime64(3, 'UTC')}, now64(3, 'UTC'))) AS age_s
FROM
(
    SELECT 'engagement_hourly' AS table_name, maxOrNull(window_start) AS newest
    FROM engagement_hourly
    WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT 'trending_hourly' AS table_name, maxOrNull(window_end) AS newest
    FROM trending_hourly
    WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
        AND window_end <= {time_to:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT 'velocity_30m' AS table_name, maxOrNull(window_end) AS newest
    FROM velocity_30m
    WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
        AND window_end <= {time_to:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT 'follower_deltas' AS table_name, maxOrNull(t_now) AS newest
    FROM follower_deltas
    WHERE t_now >= {time_from:DateTime64(3, 'UTC')} AND t_now < {time_to:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT 'comments_enriched' AS table_name, maxOrNull(ingested_at) AS newest
    FROM comments_enriched
    WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT 'post_observations' AS table_name, maxOrNull(ingested_at) AS newest
    FROM post_observations
    WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT 'user_observations' AS table_name, maxOrNull(observed_at) AS newest
    FROM user_observations
    WHERE observed_at >= {time_from:DateTime64(3, 'UTC')} AND observed_at < {time_to:DateTime64(3, 'UTC')}
)
WHERE newest IS NOT NULL
ORDER BY age_s DESC, table_name
LIMIT 20
