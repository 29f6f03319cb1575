-- Question: where does a post stand at the end of the range, and what did it gain?
-- Grain:    one row; none when it was not observed in the range.
SELECT
    argMax(play_count, window_start) AS plays,
    plays - argMin(play_count, window_start) AS plays_gained,
    argMax(engagement_total, window_start) AS engagement,
    argMax(engagement_rate_plays, window_start) AS rate
FROM engagement_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')} AND aweme_id = {post:String}
GROUP BY aweme_id
LIMIT 1
