-- Question: which posts lose momentum: still growing, but slower than in the half hour before?
-- Grain:    one row per post of the newest window in the range, the greatest loss first. change_per_minute is the rate against that of the
--           half hour before. rates are the windows of 2 hours, one every 5 minutes, oldest first. A post that was seen once in the half
--           hour has no rate: it is left out, for it may only be watched less.
WITH
    (
        SELECT max(window_start)
        FROM velocity_30m
        WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
    ) AS newest
SELECT
    aweme_id,
    max(author_id) AS author_id,
    addMinutes(newest, 30) AS window_end,
    anyIf(plays_per_minute, window_start = newest) AS rate,
    newest - INTERVAL 30 MINUTE AS earlier,
    if(countIf(window_start = earlier) = 0, NULL, rate - anyIf(plays_per_minute, window_start = earlier)) AS change_per_minute,
    anyIf(engagement_rate_change, window_start = newest) AS engagement_rate_change,
    groupArrayInsertAt(0., 24)(plays_per_minute, toUInt32(23 - intDiv(dateDiff('minute', window_start, newest), 5))) AS rates
FROM velocity_30m
WHERE window_start > newest - INTERVAL 2 HOUR AND window_start <= newest
    AND ({creator:String} = '' OR velocity_30m.author_id = {creator:String})
GROUP BY aweme_id
HAVING max(window_start) = newest AND rate > 0 AND change_per_minute < 0
ORDER BY change_per_minute, aweme_id
LIMIT {limit:UInt32}
