-- Question: how many posts and creators are watched, and how engaged are their viewers?
-- Grain:    one row. The rate is that of all posts together, each by its newest hour of the range: likes, comments and shares per play.
SELECT
    count() AS posts,
    uniqExact(author_id) AS creators,
    sum(plays) AS play_count,
    if(play_count = 0, NULL, sum(engagement) / play_count) AS engagement_rate_plays
FROM
(
    SELECT
        aweme_id,
        max(author_id) AS author_id,
        argMax(play_count, window_start) AS plays,
        argMax(engagement_total, window_start) AS engagement
    FROM engagement_hourly
    WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
        AND ({creator:String} = '' OR engagement_hourly.author_id = {creator:String})
        AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
        AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
        AND ({tier:String} = '' OR aweme_id IN (
            SELECT aweme_id
            FROM trending_hourly
            WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
                AND tier = {tier:String}
        ))
    GROUP BY aweme_id
)
LIMIT 1
