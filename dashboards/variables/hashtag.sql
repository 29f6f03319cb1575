-- Question: which hashtags may a reader want to look at?
-- Grain:    one row per hashtag of posts that were observed in the range, the most used first.
SELECT tag AS hashtag
FROM posts
ARRAY JOIN hashtags AS tag
WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
GROUP BY hashtag
ORDER BY count() DESC, hashtag
LIMIT 500
