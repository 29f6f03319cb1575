-- Question: how many comments are written over time, and in what mood?
-- Grain:    one row per bucket, oldest first. A comment counts once, when it was written; without evidence (0) in no mean.
SELECT
    toDateTime64(toStartOfInterval(create_time, toIntervalSecond(greatest({interval_s:UInt32}, 300))), 3, 'UTC') AS bucket,
    countIf(sentiment_label = 'positive') AS positive,
    countIf(sentiment_label = 'neutral') AS neutral,
    countIf(sentiment_label = 'negative') AS negative,
    sum(toInt64(round(sentiment_compound * 1e9))) / 1e9 / nullIf(countIf(sentiment_compound != 0), 0) AS mean_compound,
    ifNull(sum(follower_count), 0) AS reach,
    sum(toInt128(round(sentiment_compound * 1e9)) * ifNull(follower_count, 0)) / 1e9
        / nullIf(sumIf(follower_count, sentiment_compound != 0), 0) AS reach_weighted_compound
FROM comments_enriched
WHERE create_time >= {time_from:DateTime64(3, 'UTC')} AND create_time < {time_to:DateTime64(3, 'UTC')}
    AND ({post:String} = '' OR video_id = {post:String})
    AND ({creator:String} = '' OR video_id IN (SELECT aweme_id FROM posts WHERE author_id = {creator:String}))
    AND ({hashtag:String} = '' OR video_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
    AND ({region:String} = '' OR video_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
    AND ({tier:String} = '' OR video_id IN (
        SELECT aweme_id
        FROM trending_hourly
        WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
            AND tier = {tier:String}
    ))
GROUP BY bucket
ORDER BY bucket
LIMIT 1000
