-- Question: which posts lose momentum: still growing, but slower than in the half hour before?
-- Grain:    one row per post of the newest complete window, the greatest loss first. What is older than 3 hours before the end of the
--           range is not "now". A post that was seen once in the half hour has no rate and is left out: it may only be watched less. rates
--           are the windows of 2 hours, one every 5 minutes, oldest first, 0 where there is none.
WITH
    -- The newest half hour that had ended at the newest observation: of later ones a part is missing.
    least(
        {time_to:DateTime64(3, 'UTC')},
        ifNull((SELECT newest_at FROM freshness WHERE dataset = 'velocity_30m'), {time_to:DateTime64(3, 'UTC')})
    ) - INTERVAL 30 MINUTE AS last_start,
    ranked AS
    (
        SELECT
            aweme_id,
            creator AS author_id,
            rate,
            if(length(half_hour_before) = 0, NULL, rate - half_hour_before[1].2) AS change_per_minute,
            engagement_change AS engagement_rate_change,
            arrayMap(ago -> arraySum(w -> if(dateDiff('minute', w.1, newest) = ago, w.2, 0), windows), range(115, -1, -5)) AS rates,
            addMinutes(newest, 30) AS window_end
        FROM
        (
            SELECT
                aweme_id,
                creator,
                rate,
                engagement_change,
                windows,
                last_window,
                max(last_window) OVER () AS newest,
                arrayFilter(w -> dateDiff('minute', w.1, newest) = 30, windows) AS half_hour_before
            FROM
            (
                SELECT
                    aweme_id,
                    max(window_start) AS last_window,
                    argMax(author_id, window_start) AS creator,
                    argMax(plays_per_minute, window_start) AS rate,
                    argMax(engagement_rate_change, window_start) AS engagement_change,
                    groupArray((window_start, plays_per_minute)) AS windows
                FROM velocity_30m_by_hour
                WHERE window_start >= greatest({time_from:DateTime64(3, 'UTC')}, {time_to:DateTime64(3, 'UTC')} - INTERVAL 3 HOUR)
                    AND window_start <= last_start
                    AND window_hour >= toUnixTimestamp({time_to:DateTime64(3, 'UTC')}) - 4 * 3600
                    AND window_hour <= toUnixTimestamp({time_to:DateTime64(3, 'UTC')})
                    AND ({creator:String} = '' OR author_id = {creator:String})
                    AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
                    AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
                    AND ({tier:String} = '' OR aweme_id IN (
                        SELECT aweme_id
                        FROM trending_hourly
                        WHERE window_start >= {time_to:DateTime64(3, 'UTC')} - INTERVAL 24 HOUR
                            AND window_start < {time_to:DateTime64(3, 'UTC')}
                            AND tier = {tier:String}
                    ))
                GROUP BY aweme_id
            )
        )
        WHERE last_window = newest AND rate > 0 AND change_per_minute < 0
        ORDER BY change_per_minute, aweme_id
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
    ranked.rate AS rate,
    ranked.change_per_minute AS change_per_minute,
    ranked.engagement_rate_change AS engagement_rate_change,
    ranked.rates AS rates,
    ranked.window_end AS window_end
FROM ranked
LEFT JOIN described ON ranked.aweme_id = described.aweme_id
LEFT JOIN creator_names AS named ON ranked.author_id = named.userid
ORDER BY change_per_minute, aweme_id
LIMIT {limit:UInt32}
