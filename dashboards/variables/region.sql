-- Question: which regions do posts come from?
-- Grain:    one row per region of posts that were observed in the range, the most posts first.
SELECT region
FROM posts
WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
    AND region IS NOT NULL
GROUP BY region
ORDER BY count() DESC, region
LIMIT 300
