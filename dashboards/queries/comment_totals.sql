-- Question: how many comments came in, and what is their mood?
-- Grain:    one row. A comment counts by its newest observation. reach_weighted_compound weighs each by its writer's followers.
SELECT
    count() AS comments,
    if(comments = 0, NULL, sum(toInt64(round(sentiment_compound * 1e9))) / 1e9 / comments) AS mean_compound,
    if(comments = 0, NULL, countIf(sentiment_label = 'negative') / comments) AS negative_share,
    ifNull(sum(follower_count), 0) AS reach,
    if(reach = 0, NULL, sum(toInt128(round(sentiment_compound * 1e9)) * ifNull(follower_count, 0)) / 1e9 / reach) AS reach_weighted_compound
FROM comments_enriched
WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
    AND ({post:String} = '' OR video_id = {post:String})
LIMIT 1
