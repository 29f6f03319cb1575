-- Question: which tiers are there?
-- Grain:    one row per tier of a post-hour that was judged in the range, the largest first.
SELECT tier
FROM trending_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
GROUP BY tier
ORDER BY count() DESC, tier
LIMIT 100
