-- Question: which posts grow most beyond their threshold right now, how did they get there, and what do people say?
-- Grain:    one row per post that was judged in the newest hour of the range: those that trend first, then by times_threshold.
--           plays_by_hour are the 24 hours up to that one, oldest first, 0 where the post was not judged. The mood is that of the
--           comments of the range; NULL without any.
WITH
    (
        SELECT max(window_start)
        FROM trending_hourly
        WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
    ) AS newest,
    growing AS
    (
        SELECT
            aweme_id,
            anyIf(author_id, window_start = newest) AS creator,
            anyIf(play_count, window_start = newest) AS plays,
            anyIf(delta_plays, window_start = newest) AS gained,
            anyIf(delta_plays_per_hour, window_start = newest) AS rate,
            anyIf(threshold, window_start = newest) AS bound,
            anyIf(tier, window_start = newest) AS creator_tier,
            anyIf(is_trending, window_start = newest) AS trends,
            groupArrayInsertAt(0, 24)(delta_plays, toUInt32(23 - dateDiff('hour', window_start, newest))) AS by_hour
        FROM trending_hourly
        WHERE window_start > newest - INTERVAL 24 HOUR AND window_start <= newest
            AND ({creator:String} = '' OR trending_hourly.author_id = {creator:String})
        GROUP BY aweme_id
        HAVING max(window_start) = newest
        ORDER BY trends DESC, rate / bound DESC, aweme_id
        LIMIT {limit:UInt32}
    ),
    moods AS
    (
        SELECT video_id, count() AS comments, sum(toInt64(round(sentiment_compound * 1e9))) / 1e9 / comments AS compound
        FROM comments_enriched
        WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
        GROUP BY video_id
    )
SELECT
    growing.aweme_id AS aweme_id,
    growing.creator AS author_id,
    addHours(newest, 1) AS window_end,
    growing.trends AS is_trending,
    growing.creator_tier AS tier,
    growing.gained AS delta_plays,
    growing.rate AS delta_plays_per_hour,
    growing.rate / growing.bound AS times_threshold,
    growing.plays AS play_count,
    growing.by_hour AS plays_by_hour,
    ifNull(moods.comments, 0) AS comments,
    if(comments = 0, NULL, moods.compound) AS mean_compound
FROM growing
LEFT JOIN moods ON growing.aweme_id = moods.video_id
ORDER BY is_trending DESC, times_threshold DESC, aweme_id
LIMIT {limit:UInt32}
