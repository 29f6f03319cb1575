-- Question: in which languages do people comment, and in what mood?
-- Grain:    one row per guessed language, most comments first; und where nothing tells. Scores of 0 (no evidence) are in no mean.
SELECT
    language AS tongue,
    count() AS comments,
    sum(toInt64(round(sentiment_compound * 1e9))) / 1e9 / nullIf(countIf(sentiment_compound != 0), 0) AS mean_compound,
    countIf(sentiment_label = 'negative') / comments AS negative_share,
    uniqExact(video_id) AS posts
FROM comments_enriched
WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
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
GROUP BY tongue
ORDER BY comments DESC, tongue
LIMIT {limit:UInt32}
