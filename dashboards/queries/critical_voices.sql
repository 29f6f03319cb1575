-- Question: which negative comments come from people whom many follow?
-- Grain:    one row per comment with a known number of followers, most followers first.
WITH
    voices AS
    (
        SELECT comment_id, user_id, follower_count, video_id, sentiment_compound, digg_count, reply_total, ingested_at
        FROM comments_enriched
        WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
            AND sentiment_label = 'negative' AND follower_count IS NOT NULL
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
        ORDER BY follower_count DESC, digg_count DESC, comment_id
        LIMIT {limit:UInt32}
    ),
    described AS
    (
        SELECT aweme_id, title, author_id
        FROM posts
        WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
    )
SELECT
    voices.user_id AS user_id,
    coalesce(nullIf(writer.handle, ''), '[masked]') AS handle,
    voices.follower_count AS followers,
    voices.video_id AS video_id,
    described.title AS title,
    coalesce(nullIf(author.handle, ''), '[masked]') AS author_handle,
    voices.sentiment_compound AS compound,
    voices.digg_count AS likes,
    voices.reply_total AS replies,
    voices.ingested_at AS observed
FROM voices
LEFT JOIN described ON voices.video_id = described.aweme_id
LEFT JOIN creator_names AS author ON described.author_id = author.userid
LEFT JOIN creator_names AS writer ON voices.user_id = writer.userid
ORDER BY followers DESC, likes DESC, voices.comment_id
LIMIT {limit:UInt32}
