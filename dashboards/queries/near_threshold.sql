-- Question: which posts may trend next: at half of their threshold or more, but not above it, in the newest hour of the range?
-- Grain:    one row per post, the closest first. speeding_up is the rate against that of the hour before; NULL where it was not judged
--           then.
WITH
    ranked AS
    (
        SELECT
            aweme_id,
            creator AS author_id,
            creator_tier AS tier,
            rate / bound AS times_threshold,
            rate,
            if(length(hour_before) = 0, NULL, rate - hour_before[1].2) AS speeding_up,
            plays AS play_count,
            addHours(newest, 1) AS window_end
        FROM
        (
            SELECT
                aweme_id,
                creator,
                creator_tier,
                plays,
                rate,
                bound,
                trends,
                last_hour,
                max(last_hour) OVER () AS newest,
                arrayFilter(hour -> dateDiff('hour', hour.1, newest) = 1, hours) AS hour_before
            FROM
            (
                SELECT
                    aweme_id,
                    max(window_start) AS last_hour,
                    argMax(author_id, window_start) AS creator,
                    argMax(tier, window_start) AS creator_tier,
                    argMax(play_count, window_start) AS plays,
                    argMax(delta_plays_per_hour, window_start) AS rate,
                    argMax(threshold, window_start) AS bound,
                    argMax(is_trending, window_start) AS trends,
                    groupArray((window_start, delta_plays_per_hour)) AS hours
                FROM trending_hourly
                WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
                    AND ({creator:String} = '' OR author_id = {creator:String})
                    AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
                    AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
                    AND ({tier:String} = '' OR tier = {tier:String})
                GROUP BY aweme_id
            )
        )
        WHERE last_hour = newest AND trends = 0 AND rate >= bound / 2
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
    ranked.rate AS rate,
    ranked.speeding_up AS speeding_up,
    ranked.play_count AS play_count,
    ranked.window_end AS window_end
FROM ranked
LEFT JOIN described ON ranked.aweme_id = described.aweme_id
LEFT JOIN creator_names AS named ON ranked.author_id = named.userid
ORDER BY times_threshold DESC, aweme_id
LIMIT {limit:UInt32}
