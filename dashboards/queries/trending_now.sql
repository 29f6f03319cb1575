-- Question: which posts grow most beyond their threshold right now, how did they get there, and what do people say?
-- Grain:    one row per post that trends in the newest judged hour of the range, then one per post at half of its threshold or more, or
--           among keys: posts that another range has shown. trending_since is the beginning of the first of its hours without a break, as
--           far back as 24 hours or the range; plays_by_hour are the 24 hours up to the newest one, oldest first, 0 where the post was not
--           judged or its counter was away. The mood is that of the comments of the range that have evidence (not 0); NULL without any.
WITH
    judged AS
    (
        SELECT
            aweme_id,
            max(window_start) AS last_hour,
            argMax(author_id, window_start) AS creator,
            argMax(play_count, window_start) AS plays,
            argMax(delta_plays, window_start) AS gained,
            argMax(delta_plays_per_hour, window_start) AS rate,
            argMax(threshold, window_start) AS bound,
            argMax(tier, window_start) AS creator_tier,
            argMax(is_trending, window_start) AS trends,
            maxIf(window_start, is_trending = 0) AS quiet_hour,
            groupArrayIf(window_start, is_trending = 1) AS trending_hours,
            groupArrayIf((window_start, delta_plays), is_away = 0) AS hours
        FROM trending_hourly
        WHERE window_start >= least({time_from:DateTime64(3, 'UTC')}, {time_to:DateTime64(3, 'UTC')} - INTERVAL 24 HOUR)
            AND window_start < {time_to:DateTime64(3, 'UTC')}
            AND ({creator:String} = '' OR trending_hourly.author_id = {creator:String})
            AND ({hashtag:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE has(hashtags, {hashtag:String})))
            AND ({region:String} = '' OR aweme_id IN (SELECT aweme_id FROM posts WHERE region = {region:String}))
            AND ({tier:String} = '' OR trending_hourly.tier = {tier:String})
        GROUP BY aweme_id
    ),
    growing AS
    (
        SELECT
            aweme_id,
            creator,
            plays,
            gained,
            rate,
            rate / bound AS beyond,
            creator_tier,
            trends,
            newest,
            if(trends = 1, toNullable(arrayMin(arrayFilter(hour -> hour > quiet_hour, trending_hours))), NULL) AS since,
            arrayMap(ago -> arraySum(hour -> if(dateDiff('hour', hour.1, newest) = ago, hour.2, 0), hours), range(23, -1, -1)) AS by_hour
        FROM
        (
            SELECT *, max(last_hour) OVER () AS newest
            FROM judged
        )
        WHERE last_hour = newest AND newest >= {time_from:DateTime64(3, 'UTC')}
            AND (trends = 1 OR rate >= bound / 2 OR aweme_id IN {keys:Array(String)})
        ORDER BY aweme_id IN {keys:Array(String)} DESC, trends DESC, beyond DESC, aweme_id
        LIMIT {limit:UInt32}
    ),
    moods AS
    (
        SELECT
            video_id,
            count() AS comments,
            sum(toInt64(round(sentiment_compound * 1e9))) / 1e9 / nullIf(countIf(sentiment_compound != 0), 0) AS compound
        FROM comments_enriched
        WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
        GROUP BY video_id
    ),
    described AS
    (
        SELECT aweme_id, title, ifNull(region, '') AS country
        FROM posts
        WHERE last_observed_at >= {time_from:DateTime64(3, 'UTC')} AND first_observed_at < {time_to:DateTime64(3, 'UTC')}
    )
SELECT
    growing.aweme_id AS aweme_id,
    described.title AS title,
    growing.creator AS author_id,
    coalesce(nullIf(named.handle, ''), '[masked]') AS handle,
    described.country AS country,
    growing.trends AS is_trending,
    if(growing.trends = 1, 'trending', 'near') AS verdict,
    growing.creator_tier AS tier,
    growing.beyond AS times_threshold,
    growing.rate AS delta_plays_per_hour,
    growing.gained AS delta_plays,
    growing.plays AS play_count,
    growing.since AS trending_since,
    growing.by_hour AS plays_by_hour,
    ifNull(moods.comments, 0) AS comments,
    if(comments = 0, NULL, moods.compound) AS mean_compound,
    addHours(growing.newest, 1) AS window_end
FROM growing
LEFT JOIN moods ON growing.aweme_id = moods.video_id
LEFT JOIN described ON growing.aweme_id = described.aweme_id
LEFT JOIN creator_names AS named ON growing.creator = named.userid
ORDER BY is_trending DESC, times_threshold DESC, aweme_id
LIMIT {limit:UInt32}
