-- Question: how do the posts of a creator do in the range?
-- Grain:    one row per post of the creator that was observed in the range, the greatest gain first. plays_by_hour are the 24 hours before
--           the end of the range, oldest first, 0 where the post was not judged or its counter was away.
WITH
    grown AS
    (
        SELECT
            aweme_id,
            sumIf(delta_plays, is_away = 0) AS gained,
            countIf(is_trending = 1) AS hours_trending,
            maxIf(delta_plays_per_hour / threshold, threshold > 0) AS beyond,
            groupArrayIf((window_start, delta_plays), is_away = 0) AS hours
        FROM trending_hourly
        WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
            AND author_id = {creator:String}
        GROUP BY aweme_id
    ),
    engaged AS
    (
        SELECT
            aweme_id,
            max(author_id) AS author_id,
            argMax(play_count, window_start) AS plays,
            argMax(engagement_rate_plays, window_start) AS rate
        FROM engagement_hourly
        WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
            AND engagement_hourly.author_id = {creator:String}
            AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
        GROUP BY aweme_id
    ),
    described AS
    (
        SELECT aweme_id, title, ifNull(region, '') AS country, create_time
        FROM posts
        WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
            AND author_id = {creator:String}
    )
SELECT
    engaged.aweme_id AS aweme_id,
    described.title AS title,
    coalesce(nullIf(named.handle, ''), '[masked]') AS handle,
    described.country AS country,
    nullIf(described.create_time, toDateTime64(0, 3, 'UTC')) AS published,
    ifNull(grown.gained, 0) AS plays_gained,
    engaged.plays AS play_count,
    engaged.rate AS engagement_rate_plays,
    ifNull(grown.hours_trending, 0) AS trending_hours,
    grown.beyond AS times_threshold,
    {time_to:DateTime64(3, 'UTC')} - INTERVAL 1 MILLISECOND AS last_moment,
    arrayMap(
        ago -> arraySum(hour -> if(dateDiff('hour', hour.1, last_moment) = ago, hour.2, 0), grown.hours),
        range(23, -1, -1)
    ) AS plays_by_hour
FROM engaged
LEFT JOIN grown ON engaged.aweme_id = grown.aweme_id
LEFT JOIN described ON engaged.aweme_id = described.aweme_id
LEFT JOIN creator_names AS named ON engaged.author_id = named.userid
ORDER BY plays_gained DESC, aweme_id
LIMIT {limit:UInt32}
