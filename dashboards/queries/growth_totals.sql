-- Question: how many plays did the watched posts gain, and how many of them trended or shrank?
-- Grain:    one row, NULL where no hour of the range is judged: nothing is known then, which is not 0. plays_gained is net: what upstream
--           took back counts negative. A post's first hour has nothing to compare with.
SELECT
    -- Not while a counter was away.
    sumOrNullIf(delta_plays, is_away = 0) AS plays_gained,
    nullIf(uniqExact(aweme_id), 0) AS judged_posts,
    if(judged_posts IS NULL, NULL, uniqExactIf(aweme_id, is_trending = 1)) AS trending_posts,
    trending_posts / judged_posts AS trending_share,
    if(judged_posts IS NULL, NULL, uniqExactIf(aweme_id, delta_plays < 0 AND is_away = 0)) AS shrunk_posts
FROM trending_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
    AND ({creator:String} = '' OR trending_hourly.author_id = {creator:String})
    AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
    AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
    AND ({tier:String} = '' OR trending_hourly.tier = {tier:String})
LIMIT 1
