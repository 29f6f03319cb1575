-- Question: how many plays did the watched posts gain, and how many of them trended or shrank?
-- Grain:    one row. plays_gained is net: what upstream took back counts negative. A post's first hour has nothing to compare with.
SELECT
    sum(delta_plays) AS plays_gained,
    uniqExact(aweme_id) AS judged_posts,
    uniqExactIf(aweme_id, is_trending = 1) AS trending_posts,
    if(judged_posts = 0, NULL, trending_posts / judged_posts) AS trending_share,
    uniqExactIf(aweme_id, delta_plays < 0) AS shrunk_posts
FROM trending_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
    AND ({creator:String} = '' OR trending_hourly.author_id = {creator:String})
    AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
LIMIT 1
