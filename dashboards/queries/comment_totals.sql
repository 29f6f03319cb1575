-- Question: how many comments were written, and what is their mood?
-- Grain:    one row. A comment counts when it was written. reach_weighted_compound weighs each by its writer's followers. A score
--           of 0 says that the model found no evidence: it is in no mean.
SELECT
    count() AS comments,
    sum(toInt64(round(sentiment_compound * 1e9))) / 1e9 / nullIf(countIf(sentiment_compound != 0), 0) AS mean_compound,
    if(comments = 0, NULL, countIf(sentiment_label = 'negative') / comments) AS negative_share,
    if(comments = 0, NULL, countIf(sentiment_compound = 0) / comments) AS no_evidence_share,
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
LIMIT 1
