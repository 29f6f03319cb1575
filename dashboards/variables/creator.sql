-- Question: which creators may a reader want to look at?
-- Grain:    one row per creator of posts that were judged in the range, the greatest gain first.
SELECT author_id AS creator
FROM trending_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
GROUP BY creator
ORDER BY sumIf(delta_plays, is_away = 0) DESC, creator
LIMIT 500
