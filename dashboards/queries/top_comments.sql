-- Question: which comments of the range do people react to most?
-- Grain:    one row per comment, most likes and replies first. Texts are not shown: they are people's.
SELECT
    comment_id,
    video_id,
    digg_count AS likes,
    reply_total AS replies,
    sentiment_compound AS compound,
    language AS tongue,
    follower_count AS followers,
    ingested_at AS observed
FROM comments_enriched
WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
    AND ({post:String} = '' OR video_id = {post:String})
ORDER BY likes + replies DESC, comment_id
LIMIT {limit:UInt32}
