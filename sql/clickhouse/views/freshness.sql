-- How fresh each dataset is now. A window counts once it is complete: an hour that has closed, a half hour that had ended at the newest
-- observation. All but comments are read off the parts; of comments those of a day are looked at, and older ones are stale.
CREATE OR REPLACE VIEW freshness
(
    dataset String,
    newest_at Nullable(DateTime64(3, 'UTC')),
    age_s Nullable(Int64),
    state String,
    reason String
)
AS SELECT
    dataset,
    nullIf(newest, toDateTime64(0, 3, 'UTC')) AS newest_at,
    -- Clocks of pollers may be a little ahead.
    if(newest_at IS NULL, NULL, greatest(0, dateDiff('second', newest_at, now64(3, 'UTC')))) AS age_s,
    multiIf(newest_at IS NULL AND NOT is_older, 'none', newest_at IS NULL, 'stale', age_s < late_after_s, 'good', age_s < stale_after_s, 'late', 'stale') AS state,
    multiIf
    (
        state = 'good', '',
        newest_at IS NULL, concat(missing, if(is_older, ' in the last day', ' yet')),
        concat(missing, ' since ', formatDateTime(newest_at, '%d %b %H:%i', 'UTC'), ' UTC')
    ) AS reason
FROM
(
    SELECT 'post_observations' AS dataset, max(ingested_at) AS newest, 900 AS late_after_s, 3600 AS stale_after_s, 'no post was observed' AS missing, 0 AS is_older
    FROM post_observations_log
    UNION ALL
    SELECT 'velocity_30m', toDateTime64(toStartOfFiveMinutes(max(ingested_at)), 3, 'UTC'), 1200, 3900, 'no half hour is complete', 0
    FROM post_observations_log
    UNION ALL
    -- An hour closes minutes after its end.
    SELECT 'engagement_hourly', if(max(window_start) = 0, max(window_start), max(window_start) + INTERVAL 1 HOUR), 4500, 8100, 'no hour has closed', 0
    FROM engagement_hourly_closed
    UNION ALL
    SELECT 'trending_hourly', if(max(window_start) = 0, max(window_start), max(window_start) + INTERVAL 1 HOUR), 4500, 8100, 'no hour was judged', 0
    FROM trending_hourly_log
    UNION ALL
    SELECT 'follower_deltas', max(t_now), 21600, 86400, 'no follower count was compared', 0
    FROM follower_deltas_log
    UNION ALL
    SELECT 'user_observations', max(observed_at), 21600, 86400, 'no profile was observed', 0
    FROM user_observations_log
    UNION ALL
    SELECT 'comments_enriched', max(ingested_at), 21600, 86400, 'no comment was observed', (SELECT count() FROM comments_log) > 0
    FROM comments_log
    WHERE ingested_at >= now64(3, 'UTC') - INTERVAL 26 HOUR
)
