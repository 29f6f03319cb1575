-- Question: which posts took off, before their hour was over?
-- Grain:    one row per momentum alert of the range, newest first.
WITH
    early AS
    (
        SELECT
            aweme_id,
            author_id,
            tier,
            plays_per_hour / threshold AS beyond,
            plays_per_hour,
            delta_plays,
            window_minutes,
            play_count,
            observed_at
        FROM momentum_alerts
        WHERE observed_at >= {time_from:DateTime64(3, 'UTC')} AND observed_at < {time_to:DateTime64(3, 'UTC')}
            AND ({creator:String} = '' OR author_id = {creator:String})
            AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
            AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
            AND ({tier:String} = '' OR tier = {tier:String})
        ORDER BY observed_at DESC, aweme_id
        LIMIT {limit:UInt32}
    ),
    described AS
    (
        SELECT aweme_id, title, ifNull(region, '') AS country
        FROM posts
        WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
    )
SELECT
    early.aweme_id AS aweme_id,
    described.title AS title,
    early.author_id AS author_id,
    coalesce(nullIf(named.handle, ''), '[masked]') AS handle,
    described.country AS country,
    early.tier AS tier,
    early.beyond AS times_threshold,
    early.plays_per_hour AS plays_per_hour,
    early.delta_plays AS delta_plays,
    early.window_minutes AS window_minutes,
    early.play_count AS play_count,
    early.observed_at AS observed_at
FROM early
LEFT JOIN described ON early.aweme_id = described.aweme_id
LEFT JOIN creator_names AS named ON early.author_id = named.userid
ORDER BY observed_at DESC, aweme_id
LIMIT {limit:UInt32}
