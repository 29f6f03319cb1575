-- Question: what is this post?
-- Grain:    one row; none when it was not observed in the range.
SELECT
    post.aweme_id AS aweme_id,
    post.author_id AS author_id,
    coalesce(nullIf(named.handle, ''), '[masked]') AS handle,
    post.title AS title,
    post.create_time AS published,
    ifNull(post.region, '') AS country,
    post.duration AS duration_s,
    arrayStringConcat(arrayMap(tag -> concat('#', tag), post.hashtags), ' ') AS tags,
    post.first_observed_at AS first_observed_at,
    post.last_observed_at AS last_observed_at
FROM
(
    SELECT *
    FROM posts
    WHERE aweme_id = {post:String}
        AND last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
) AS post
LEFT JOIN creator_names AS named ON post.author_id = named.userid
LIMIT 1
