-- Question: how many posts trend over time, by the size of their creators?
-- Grain:    one row per bucket of at least an hour and tier, oldest first. A post counts once in a bucket.
SELECT
    toDateTime64(toStartOfInterval(window_start, toIntervalSecond(greatest({interval_s:UInt32}, 3600))), 3, 'UTC') AS bucket,
    tier,
    uniqExact(aweme_id) AS trending_posts
FROM trending_hourly
WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
    AND is_trending = 1
    AND ({creator:String} = '' OR trending_hourly.author_id = {creator:String})
    AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
    AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
    AND ({tier:String} = '' OR trending_hourly.tier = {tier:String})
GROUP BY bucket, tier
ORDER BY bucket, tier
LIMIT 5000
