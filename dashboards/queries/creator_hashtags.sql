-- Question: which hashtags work for a creator?
-- Grain:    one row per hashtag in the titles of the creator's posts that were judged in the range, the greatest gain per post first.
SELECT
    hashtag,
    count() AS posts_used,
    sum(grown.gained) AS plays_gained,
    plays_gained / posts_used AS gained_per_post,
    sum(grown.hours_trending) AS trending_hours
FROM
(
    SELECT aweme_id, hashtag
    FROM posts
    ARRAY JOIN hashtags AS hashtag
    WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
        AND author_id = {creator:String}
        AND ({hashtag:String} = '' OR hashtag = {hashtag:String})
) AS tagged
INNER JOIN
(
    SELECT aweme_id, sumIf(delta_plays, is_away = 0) AS gained, countIf(is_trending = 1) AS hours_trending
    FROM trending_hourly
    WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
        AND author_id = {creator:String}
    GROUP BY aweme_id
) AS grown ON tagged.aweme_id = grown.aweme_id
GROUP BY hashtag
ORDER BY gained_per_post DESC, hashtag
LIMIT {limit:UInt32}
