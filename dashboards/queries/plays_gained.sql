-- Question: how many plays did the watched posts gain over time, and how many of them those that trend?
-- Grain:    one row per bucket of at least an hour, oldest first.
SELECT
    toDateTime64(toStartOfInterval(window_start, toIntervalSecond(greatest({interval_s:UInt32}, 3600))), 3, 'UTC') AS bucket,
    sum(delta_plays) AS plays_gained,
    sumIf(delta_plays, is_trending = 1) AS plays_gained_trending
FROM trending_hourly
-- Not while a counter was away.
WHERE is_away = 0
  AND window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
    AND ({creator:String} = '' OR trending_hourly.author_id = {creator:String})
    AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
    AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
    AND ({tier:String} = '' OR trending_hourly.tier = {tier:String})
GROUP BY bucket
ORDER BY bucket
LIMIT 1000
