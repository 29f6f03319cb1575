-- Question: which posts may a reader want to look at?
-- Grain:    one row per post that was judged in the range, the greatest gain first.
SELECT aweme_id AS post
FROM trending_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
GROUP BY post
ORDER BY sumIf(delta_plays, is_away = 0) DESC, post
LIMIT 500
