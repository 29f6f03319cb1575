-- Question: how was each hour of a post judged, and why?
-- Grain:    one row per judged hour, newest first. DISTINCT takes nothing away: without it, the engine sorts by one column, comes back for
--           the others of the rows it shows, and reads their granules twice.
SELECT DISTINCT
    window_end,
    if(is_trending = 1, 'trending', '') AS verdict,
    delta_plays_per_hour AS rate,
    threshold AS bound,
    rate / bound AS times_threshold,
    delta_plays,
    gap_hours,
    tier,
    author_follower_count AS followers,
    snapshot_status,
    threshold_version
FROM trending_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')} AND aweme_id = {post:String}
ORDER BY window_end DESC
LIMIT {limit:UInt32}
