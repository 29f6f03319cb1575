-- Question: which posts trended in the range, for how long, and how high?
-- Grain:    one row per post with at least one trending hour, by its highest times_threshold. plays_by_hour are 24 hours up to the end of
--           the range, oldest first, 0 where the post was not judged or its counter was away.
WITH
    ranked AS
    (
        SELECT
            aweme_id,
            max(author_id) AS author_id,
            argMax(tier, window_start) AS tier,
            countIf(is_trending = 1) AS trending_hours,
            minIf(window_start, is_trending = 1) AS first_trending,
            maxIf(window_end, is_trending = 1) AS last_trending,
            max(delta_plays_per_hour) AS peak_plays_per_hour,
            maxIf(delta_plays_per_hour / threshold, is_trending = 1) AS times_threshold,
            sumIf(delta_plays, is_away = 0) AS plays_gained,
            argMax(play_count, window_start) AS play_count,
            groupArrayInsertAtIf(0, 24)(delta_plays, toUInt32(23 - hours_ago), hours_ago < 24 AND is_away = 0) AS plays_by_hour
        FROM
        (
            SELECT
                aweme_id,
                author_id,
                tier,
                window_start,
                window_end,
                play_count,
                delta_plays,
                delta_plays_per_hour,
                threshold,
                is_trending,
                is_away,
                dateDiff('hour', window_start, {time_to:DateTime64(3, 'UTC')} - INTERVAL 1 MILLISECOND) AS hours_ago
            FROM trending_hourly
            WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
                AND ({creator:String} = '' OR trending_hourly.author_id = {creator:String})
                AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
                AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
                AND ({tier:String} = '' OR trending_hourly.tier = {tier:String})
        )
        GROUP BY aweme_id
        HAVING trending_hours > 0
        ORDER BY times_threshold DESC, aweme_id
        LIMIT {limit:UInt32}
    ),
    described AS
    (
        SELECT aweme_id, title, ifNull(region, '') AS country
        FROM posts
        WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
    )
SELECT
    ranked.aweme_id AS aweme_id,
    described.title AS title,
    ranked.author_id AS author_id,
    coalesce(nullIf(named.handle, ''), '[masked]') AS handle,
    described.country AS country,
    ranked.tier AS tier,
    ranked.times_threshold AS times_threshold,
    ranked.peak_plays_per_hour AS peak_plays_per_hour,
    ranked.trending_hours AS trending_hours,
    ranked.plays_gained AS plays_gained,
    ranked.play_count AS play_count,
    ranked.plays_by_hour AS plays_by_hour,
    ranked.first_trending AS first_trending,
    ranked.last_trending AS last_trending
FROM ranked
LEFT JOIN described ON ranked.aweme_id = described.aweme_id
LEFT JOIN creator_names AS named ON ranked.author_id = named.userid
ORDER BY times_threshold DESC, aweme_id
LIMIT {limit:UInt32}
