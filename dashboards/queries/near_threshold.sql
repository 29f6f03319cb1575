-- Question: which posts may trend next: under their threshold by less than half in the newest hour of the range?
-- Grain:    one row per post, the closest first. speeding_up is the rate against that of the hour before;
--           NULL where it was not judged then.
WITH
    (
        SELECT max(window_start)
        FROM trending_hourly
        WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
    ) AS newest
SELECT
    aweme_id,
    anyIf(author_id, window_start = newest) AS author_id,
    anyIf(tier, window_start = newest) AS tier,
    anyIf(delta_plays_per_hour, window_start = newest) AS rate,
    anyIf(threshold, window_start = newest) AS bound,
    rate / bound AS times_threshold,
    if(countIf(window_start < newest) = 0, NULL, rate - anyIf(delta_plays_per_hour, window_start < newest)) AS speeding_up,
    anyIf(play_count, window_start = newest) AS play_count
FROM trending_hourly
WHERE window_start >= newest - INTERVAL 1 HOUR AND window_start <= newest
    AND ({creator:String} = '' OR trending_hourly.author_id = {creator:String})
GROUP BY aweme_id
HAVING max(window_start) = newest AND anyIf(is_trending, window_start = newest) = 0 AND times_threshold >= 0.5
ORDER BY times_threshold DESC, aweme_id
LIMIT {limit:UInt32}
