-- Question: how many trending alerts would other thresholds have given over the stored hours?
-- Grain:    one row per tier of the other thresholds that has a stored post-hour. lower_bounds ascend from 0, one per tier.
WITH
    {lower_bounds:Array(UInt64)} AS lower_bounds,
    if(
        author_follower_count IS NULL,
        'unknown',
        {tiers:Array(String)}[arrayLastIndex(bound -> bound <= assumeNotNull(author_follower_count), lower_bounds)]
    ) AS new_tier,
    if(
        author_follower_count IS NULL,
        {unknown_authors:Float64},
        {thresholds:Array(Float64)}[arrayLastIndex(bound -> bound <= assumeNotNull(author_follower_count), lower_bounds)]
    ) AS new_threshold,
    delta_plays_per_hour > new_threshold AS would_trend
SELECT
    new_tier AS tier,
    count() AS judged,
    countIf(is_trending = 1) AS alerts_stored,
    countIf(would_trend) AS alerts_new,
    countIf(would_trend AND is_trending = 0) AS gained,
    countIf(NOT would_trend AND is_trending = 1) AS lost
FROM trending_hourly
WHERE window_end >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND window_end < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
GROUP BY tier
ORDER BY tier
