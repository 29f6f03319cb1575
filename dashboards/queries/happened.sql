-- Question: what happened in the range: which thresholds took effect, and what was alerted?
-- Grain:    one row per version of the thresholds that took effect, whatever the filters, and one per bucket and kind of alert, newest
--           first: posts that took off before their hour was over, and posts that trended when it closed. The time is that of the first of
--           them. The post is named where it is one.
WITH
    found AS
    (
        SELECT
            effective_from AS first_at,
            'thresholds changed' AS what,
            1 AS posts,
            '' AS post_id,
            concat(version, ' ', comment) AS told
        FROM
        (
            SELECT version, comment, effective_from, min(toNullable(effective_from)) OVER later AS replaced_from
            FROM threshold_versions
            WINDOW later AS (ORDER BY sequence ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
        )
        WHERE effective_from >= {time_from:DateTime64(3, 'UTC')} AND effective_from < {time_to:DateTime64(3, 'UTC')}
            AND (replaced_from IS NULL OR replaced_from > effective_from)
        UNION ALL
        SELECT
            min(observed_at) AS first_at,
            'took off' AS what,
            uniqExact(aweme_id) AS posts,
            if(posts = 1, any(aweme_id), '') AS post_id,
            '' AS told
        FROM momentum_alerts
        WHERE observed_at >= {time_from:DateTime64(3, 'UTC')} AND observed_at < {time_to:DateTime64(3, 'UTC')}
            AND ({creator:String} = '' OR author_id = {creator:String})
            AND ({post:String} = '' OR aweme_id = {post:String})
            AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
            AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
            AND ({tier:String} = '' OR tier = {tier:String})
        GROUP BY toStartOfInterval(observed_at, toIntervalSecond({interval_s:UInt32}))
        UNION ALL
        SELECT
            min(window_end) AS first_at,
            'trended' AS what,
            uniqExact(aweme_id) AS posts,
            if(posts = 1, any(aweme_id), '') AS post_id,
            '' AS told
        FROM trending_hourly
        WHERE window_start >= {time_from:DateTime64(3, 'UTC')} - INTERVAL 1 HOUR AND window_start < {time_to:DateTime64(3, 'UTC')}
            AND window_end >= {time_from:DateTime64(3, 'UTC')} AND window_end < {time_to:DateTime64(3, 'UTC')}
            AND is_trending = 1
            AND ({creator:String} = '' OR author_id = {creator:String})
            AND ({post:String} = '' OR aweme_id = {post:String})
            AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
            AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
            AND ({tier:String} = '' OR tier = {tier:String})
        GROUP BY toStartOfInterval(window_end, toIntervalSecond({interval_s:UInt32}))
    ),
    described AS
    (
        SELECT aweme_id, title
        FROM posts
        WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
    )
SELECT
    found.first_at AS happened_at,
    found.what AS what,
    found.posts AS events,
    found.post_id AS aweme_id,
    described.title AS title,
    trimRight(found.told) AS told
FROM found
LEFT JOIN described ON found.post_id = described.aweme_id
ORDER BY happened_at DESC, what
LIMIT {limit:UInt32}
