-- Question: which post-hours would other thresholds have judged differently?
-- Grain:    one row per post-hour that gains or loses its alert, newest first. lower_bounds ascend from 0, one per tier.
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
    if(would_trend, 'gained', 'lost') AS change,
    aweme_id,
    author_id,
    window_end,
    delta_plays_per_hour,
    author_follower_count,
    tier AS old_tier,
    threshold AS old_threshold,
    new_tier,
    new_threshold
FROM trending_hourly
WHERE window_end >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND window_end < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
    AND would_trend != (is_trending = 1)
ORDER BY trending_hourly.window_end DESC, aweme_id
LIMIT {rows:UInt64}
