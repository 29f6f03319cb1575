-- Question: which negative comments come from people whom many follow?
-- Grain:    one row per comment with a known number of followers, most followers first.
SELECT
    user_id,
    follower_count AS followers,
    video_id,
    sentiment_compound AS compound,
    digg_count AS likes,
    reply_total AS replies,
    ingested_at AS observed
FROM comments_enriched
WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
    AND sentiment_label = 'negative' AND follower_count IS NOT NULL
    AND ({post:String} = '' OR video_id = {post:String})
ORDER BY followers DESC, likes DESC, comment_id
LIMIT {limit:UInt32}
