-- Question: how was each hour of a post judged, and why?
-- Grain:    one row per judged hour, newest first.
SELECT
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
-- By an expression: sorted by a plain column, the engine would look up the other columns afterwards and read their granules twice.
ORDER BY dateDiff('hour', trending_hourly.window_start, {time_to:DateTime64(3, 'UTC')})
LIMIT {limit:UInt32}
