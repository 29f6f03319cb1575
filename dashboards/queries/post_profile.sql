-- Question: what is this post?
-- Grain:    one row; none when it was not observed in the range.
SELECT
    aweme_id,
    author_id,
    title,
    create_time AS published,
    ifNull(region, '') AS country,
    duration AS duration_s,
    arrayStringConcat(arrayMap(tag -> concat('#', tag), hashtags), ' ') AS tags,
    first_observed_at,
    last_observed_at
FROM posts
WHERE aweme_id = {post:String}
    AND last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
LIMIT 1
